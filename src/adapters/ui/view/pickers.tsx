import { ChevronDown, ChevronsUp, Equal, Hash, Inbox, List, Plus } from "lucide";
import { caseFolded } from "../../../domain/folding.ts";
import { LABEL_CHARS_MAX } from "../../../domain/labels.ts";
import { t } from "../text/text.ts";
import type { TaskRow } from "../workspace/types.ts";
import { Chooser, type Option } from "./chooser.tsx";
import { DayPicker } from "./day-picker.tsx";
import { Closed } from "./dialog.tsx";
import { lazy } from "./lazy.tsx";
import { type Dialog, type Page, usePage } from "./page.ts";
import { close, fitting, rowsOf, titleOf } from "./picking.ts";
import { nameOf } from "./screens.ts";

const RepeatPicker = lazy<Of>("repeat", async () => (await import("./repeat-picker.tsx")).RepeatPicker);

type Name = "due" | "labels" | "priority" | "move" | "repeat";

export function Picker({ dialog }: { readonly dialog: Extract<Dialog, { readonly name: Name }> }) {
  const page = usePage();
  const { name } = dialog;
  // What has gone meanwhile does not keep the others from being changed.
  const keys = dialog.keys.filter((key) => page.work.task(key).value !== undefined);
  if (keys.length === 0) return <Closed />;
  if (name === "due") return <DayPicker keys={keys} />;
  if (name === "labels") return <LabelPicker keys={keys} />;
  if (name === "priority") return <PriorityPicker keys={keys} />;
  if (name === "move") return <ListPicker keys={keys} />;
  return <RepeatPicker keys={keys} />;
}

interface Of {
  readonly keys: readonly string[];
}

const PRIORITIES = { high: ChevronsUp, medium: Equal, low: ChevronDown } as const;

function PriorityPicker({ keys }: Of) {
  const page = usePage();
  const now = new Set(rowsOf(page, keys).map((task) => task.priority));
  const options = (["high", "medium", "low"] as const).map((id) => ({
    id,
    name: t(`priority.${id}`),
    icon: PRIORITIES[id],
    isOn: now.has(id) && now.size === 1,
  }));
  return (
    <Chooser
      title={titleOf(page, keys, "pick.priority")}
      hint={t("pick.filter")}
      optionsFor={(text) => fitting(options, text)}
      onChoose={({ id }) => {
        const priority = options.find((option) => option.id === id)?.id;
        if (priority !== undefined) close(page, () => page.work.acts.changeTasks(keys, { priority }));
        return undefined;
      }}
    />
  );
}

function ListPicker({ keys }: Of) {
  const page = usePage();
  const now = new Set(rowsOf(page, keys).map((task) => task.list));
  const lists = page.work.lists.value.filter((list) => list.may.write);
  const options = lists.map((list) => ({
    id: list.key,
    name: nameOf(list),
    icon: list.isInbox ? Inbox : List,
    isOn: now.has(list.key) && now.size === 1,
  }));
  return (
    <Chooser
      title={titleOf(page, keys, "pick.move")}
      hint={t("pick.filter")}
      optionsFor={(text) => fitting(options, text)}
      onChoose={({ id, isOn }) => {
        if (isOn) page.dialog.value = undefined;
        else close(page, () => page.work.acts.moveTasks(keys, { list: id }));
        return undefined;
      }}
    />
  );
}

/** Stays open, so that several labels can be switched. */
function LabelPicker({ keys }: Of) {
  const page = usePage();
  const rows = rowsOf(page, keys);
  return (
    <Chooser
      title={titleOf(page, keys, "pick.labels")}
      hint={t("pick.labels.hint")}
      optionsFor={(text) => labelOptions(page, rows, text)}
      onChoose={({ id, isOn }) => {
        const label = [id];
        void page.act(() => page.work.acts.labelTasks(keys, isOn ? [] : label, isOn ? label : []));
        return true;
      }}
    />
  );
}

function labelOptions(page: Page, rows: readonly TaskRow[], text: string): readonly Option[] {
  const folded = new Map<string, string>();
  for (const label of [
    ...page.work.labels.value.map((row) => row.label),
    ...rows.flatMap((row) => row.labels),
  ]) {
    if (!folded.has(caseFolded(label))) folded.set(caseFolded(label), label);
  }
  const known = [...folded.values()].map((label) => ({
    id: label,
    name: label,
    icon: Hash,
    isOn: rows.every((row) => row.labels.some((own) => caseFolded(own) === caseFolded(label))),
  }));
  const made = text.replaceAll(",", " ").trim().slice(0, LABEL_CHARS_MAX);
  if (made === "" || folded.has(caseFolded(made))) return fitting(known, text);
  return [...fitting(known, text), { id: made, name: t("pick.labels.make", { label: made }), icon: Plus }];
}
