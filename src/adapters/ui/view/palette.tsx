import uFuzzy from "@leeoniya/ufuzzy";
import { CornerDownRight, Hash, List, ListTodo } from "lucide";
import { t } from "../text/text.ts";
import { Chooser, type Option } from "./chooser.tsx";
import { possible } from "./commands.ts";
import { type Page, usePage } from "./page.ts";
import { nameOf } from "./screens.ts";

const SHOWN_MAX = 50;
/** So many tasks are looked at for fuzzy matches; whole words are found in all by the search. */
const TASKS_MAX = 2_000;

interface Thing extends Option {
  readonly run: () => unknown;
}

/** Finds anything by some of its letters, and goes there or does it. */
export function Palette() {
  const page = usePage();
  const fuzzy = new uFuzzy({ intraMode: 1 });
  const things = everything(page);
  const names = things.map((thing) => uFuzzy.latinize(thing.name));
  return (
    <Chooser
      title={t("palette.label")}
      hint={t("palette.hint")}
      optionsFor={(text) =>
        text.trim() === "" ? things.slice(0, SHOWN_MAX) : matches(fuzzy, things, names, text)
      }
      onChoose={(option) => {
        page.dialog.value = undefined;
        (option as Thing).run();
        return undefined;
      }}
    />
  );
}

function matches(fuzzy: uFuzzy, things: readonly Thing[], names: string[], text: string): readonly Thing[] {
  const needle = uFuzzy.latinize(text);
  const [found, info, order] = fuzzy.search(names, needle, 1);
  if (found === null) return [];
  const ranked =
    info && order
      ? order.map((at) => ({ at: info.idx[at], ranges: info.ranges[at] }))
      : found.map((at) => ({ at, ranges: undefined }));
  return ranked.slice(0, SHOWN_MAX).flatMap(({ at, ranges }) => {
    const thing = things[at ?? -1];
    return thing === undefined ? [] : [ranges ? { ...thing, parts: marked(thing.name, ranges) } : thing];
  });
}

/** The name in parts, every second one of which fits. */
function marked(name: string, ranges: readonly number[]): readonly string[] {
  const ends = [0, ...ranges, name.length];
  return ends.slice(0, -1).map((start, at) => name.slice(start, ends[at + 1]));
}

function everything(page: Page): readonly Thing[] {
  const { work } = page;
  const commands = possible(page).filter((command) => !command.onlyKey);
  return [
    ...commands.map(({ id, keys, run }) => ({
      id: `command-${id}`,
      name: t(`command.${id}`),
      icon: CornerDownRight,
      ...(keys?.[0] && { keys: keys[0] }),
      run: () => run(page),
    })),
    ...work.lists.value.map((list) => ({
      id: `list-${list.key}`,
      name: nameOf(list),
      icon: List,
      kind: t("palette.list"),
      run: () => page.go({ screen: "list", of: list.id ?? list.key }),
    })),
    ...work.labels.value.map(({ label }) => ({
      id: `label-${label}`,
      name: label,
      icon: Hash,
      kind: t("palette.labelKind"),
      run: () => page.go({ screen: "label", of: label }),
    })),
    ...tasksOf(page),
  ];
}

function tasksOf(page: Page): readonly Thing[] {
  const { work } = page;
  const tasks = work.lists.value.flatMap((list) => work.tasksOf(list.key).value);
  return tasks
    .filter((task) => task.status !== "completed")
    .slice(0, TASKS_MAX)
    .map((task) => ({
      id: `task-${task.key}`,
      name: task.todo,
      icon: ListTodo,
      kind: t("palette.task"),
      run: () => {
        const list = work.list(task.list).peek();
        page.go({ screen: "list", of: list?.id ?? task.list, task: task.key });
        page.focus(task.key);
      },
    }));
}
