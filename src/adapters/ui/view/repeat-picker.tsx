import { Repeat, RotateCcw } from "lucide";
import { useEffect } from "preact/hooks";
import { isRule, readRepeat } from "../../../domain/recurrence.ts";
import { type Choice, usualChoices, writtenChoice } from "../repeat/choices.ts";
import { describeRepeat } from "../repeat/describe.ts";
import { firstDay } from "../repeat/first-day.ts";
import { language, t } from "../text/text.ts";
import type { TaskRow } from "../workspace/types.ts";
import { Chooser, type Option } from "./chooser.tsx";
import { dateReader, loadReader } from "./line-reader.ts";
import { type Page, usePage } from "./page.ts";
import { close, fitting, rowsOf } from "./picking.ts";

const NONE = "none";
/** Between a rule and where it counts from, in an option's id. */
const FROM_COMPLETION = "!";

/** How tasks repeat: as people choose most, or as it is written, in words or as a rule. */
export function RepeatPicker({ keys }: { readonly keys: readonly string[] }) {
  const page = usePage();
  const rows = rowsOf(page, keys);
  const now = new Set(rows.map((row) => idOf(row)));
  const isOn = (id: string) => now.has(id) && now.size === 1;
  const option = (choice: Choice): Option => ({
    id: idOf(choice),
    name: describeRepeat(choice.repeat, choice.repeatFrom),
    icon: Repeat,
    isOn: isOn(idOf(choice)),
  });
  const usual = [
    { id: NONE, name: t("repeat.none"), icon: RotateCcw, isOn: isOn(NONE) },
    ...originOptions(rows),
    ...usualChoices(rows[0]?.dueDate ?? page.work.day.value).map(option),
  ];
  useEffect(() => void loadReader(), []);
  const context = { language: language.value, dates: dateReader.value, today: page.work.day.value };
  const written = (text: string) => {
    const choice = writtenChoice(text, context);
    return choice === undefined ? [] : [option(choice)];
  };
  return (
    <Chooser
      title={t("repeat.title", { count: keys.length, name: rows[0]?.todo ?? "" })}
      hint={t("repeat.hint")}
      optionsFor={(text) => [...written(text), ...fitting(usual, text)]}
      onChoose={({ id }) => {
        close(page, () => repeated(page, rows, id));
        return undefined;
      }}
    />
  );
}

/** Of one rule: whether the next day counts from the due date or from when it is done. */
function originOptions(rows: readonly TaskRow[]): readonly Option[] {
  const [row] = rows;
  if (row?.repeat === undefined || rows.some((each) => idOf(each) !== idOf(row))) return [];
  const isFromDue = row.repeatFrom !== "completion";
  const { repeat } = row;
  return [
    {
      id: isFromDue ? repeat + FROM_COMPLETION : repeat,
      name: isFromDue ? t("repeat.fromCompletion") : t("repeat.fromDue"),
      icon: Repeat,
    },
  ];
}

function idOf({ repeat, repeatFrom }: { readonly repeat?: string; readonly repeatFrom?: string }): string {
  return repeat === undefined ? NONE : repeat + (repeatFrom === "completion" ? FROM_COMPLETION : "");
}

/** A rule needs a first day: tasks without one get the first that the rule names. */
async function repeated(page: Page, rows: readonly TaskRow[], id: string): Promise<void> {
  const { acts, day } = page.work;
  if (id === NONE) return await acts.changeTasks(keysOf(rows), { repeat: null, repeatFrom: null });
  const repeat = id.replace(FROM_COMPLETION, "");
  const changes = { repeat, repeatFrom: id.endsWith(FROM_COMPLETION) ? ("completion" as const) : null };
  const [due, undue] = [rows.filter((row) => row.dueDate), rows.filter((row) => !row.dueDate)];
  const rule = readRepeat(repeat);
  const dueDate = isRule(rule) ? firstDay(rule, day.peek()) : day.peek();
  if (due.length > 0) await acts.changeTasks(keysOf(due), changes);
  if (undue.length > 0) await acts.changeTasks(keysOf(undue), { ...changes, dueDate });
}

function keysOf(rows: readonly TaskRow[]): readonly string[] {
  return rows.map(({ key }) => key);
}
