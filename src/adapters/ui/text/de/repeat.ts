import type english from "../en/repeat.ts";
import type { Same } from "../parts.ts";

export default {
  "repeat.title": { one: "„{name}“ wiederholen", other: "{count} Aufgaben wiederholen" },
  "repeat.hint": "alle 2 Wochen am Montag, alle! 3 Tage, …",
  "repeat.none": "Wiederholt sich nicht",
  "repeat.fromDue": "Ab dem Fälligkeitstag zählen",
  "repeat.fromCompletion": "Ab dem Erledigen zählen",
  "repeat.daily": { one: "Jeden Tag", other: "Alle {count} Tage" },
  "repeat.weekly": { one: "Jede Woche", other: "Alle {count} Wochen" },
  "repeat.monthly": { one: "Jeden Monat", other: "Alle {count} Monate" },
  "repeat.yearly": { one: "Jedes Jahr", other: "Alle {count} Jahre" },
  "repeat.workdays": "Jeden Werktag",
  "repeat.on": "{often} am {days}",
  "repeat.day": "{nth}",
  "repeat.lastDay": "letzten Tag",
  "repeat.nthWeekday": "{nth} {weekday}",
  "repeat.lastWeekday": "letzten {weekday}",
  "repeat.nth.one": "{n}.",
  "repeat.nth.two": "{n}.",
  "repeat.nth.few": "{n}.",
  "repeat.nth.other": "{n}.",
  "repeat.times": { one: "{often}, einmal", other: "{often}, {count}-mal" },
  "repeat.until": "{often}, bis {date}",
  "repeat.again": "{often}, ab dem Erledigen",
} satisfies Same<typeof english>;
