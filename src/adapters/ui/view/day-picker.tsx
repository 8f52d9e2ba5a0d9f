import { CalendarDays, CalendarOff } from "lucide";
import { t } from "../text/text.ts";
import { Chooser, type Option } from "./chooser.tsx";
import { daysLater, firstOfNextMonth, longDay, nextWeekday } from "./dates.ts";
import { usePage } from "./page.ts";
import { close, fitting, rowsOf, titleOf } from "./picking.ts";

const SATURDAY = 6;
const MONDAY = 1;
const NONE = "none";

/** The days that people choose most, and any other as it is written. */
export function DayPicker({ keys }: { readonly keys: readonly string[] }) {
  const page = usePage();
  const today = page.work.day.value;
  const now = new Set(rowsOf(page, keys).map((task) => task.dueDate ?? NONE));
  const option = (id: string, name: string): Option => ({
    id,
    name,
    icon: id === NONE ? CalendarOff : CalendarDays,
    kind: id === NONE ? "" : longDay(id, today),
    isOn: now.has(id) && now.size === 1,
  });
  const usual = [
    option(today, t("pick.due.today")),
    option(daysLater(today, 1), t("pick.due.tomorrow")),
    option(nextWeekday(today, SATURDAY), t("pick.due.weekend")),
    option(nextWeekday(today, MONDAY), t("pick.due.week")),
    option(firstOfNextMonth(today), t("pick.due.month")),
    option(NONE, t("pick.due.none")),
  ];
  const written = (text: string) => {
    const date = writtenDay(text);
    return date === undefined ? [] : [option(date, longDay(date, today))];
  };
  return (
    <Chooser
      title={titleOf(page, keys, "pick.due")}
      hint={t("pick.due.hint")}
      optionsFor={(text) => [...written(text), ...fitting(usual, text)]}
      onChoose={({ id }) => {
        close(page, () => page.work.acts.changeTasks(keys, { dueDate: id === NONE ? null : id }));
        return undefined;
      }}
    />
  );
}

/** 2026-12-24 */
function writtenDay(text: string): string | undefined {
  const date = text.trim();
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date ? undefined : date;
}
