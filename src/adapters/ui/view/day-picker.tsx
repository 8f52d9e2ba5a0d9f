import { CalendarDays, CalendarOff } from "lucide";
import { useEffect } from "preact/hooks";
import { t } from "../text/text.ts";
import { Chooser, type Option } from "./chooser.tsx";
import { daysLater, firstOfNextMonth, longDay, nextWeekday } from "./dates.ts";
import { dateReader, loadReader } from "./line-reader.ts";
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
    // A day as it is read is named by itself.
    kind: id === NONE || name === longDay(id, today) ? "" : longDay(id, today),
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
  useEffect(() => void loadReader(), []);
  const written = (text: string) => {
    const [first] = dateReader.value?.(text, today) ?? [];
    return first === undefined ? [] : [option(first.day, longDay(first.day, today))];
  };
  return (
    <Chooser
      title={titleOf(page, keys, "pick.due")}
      hint={t("pick.due.hint")}
      optionsFor={(text) => once([...fitting(usual, text), ...written(text)])}
      onChoose={({ id }) => {
        close(page, () => page.work.acts.changeTasks(keys, { dueDate: id === NONE ? null : id }));
        return undefined;
      }}
    />
  );
}

/** "Tomorrow" is found twice: as a usual day, and as it is read. */
function once(options: readonly Option[]): readonly Option[] {
  const seen = new Set<string>();
  return options.filter(({ id }) => !seen.has(id) && seen.add(id));
}
