import { beforeAll, describe, expect, test } from "bun:test";
import { loadDates } from "../../../src/adapters/ui/quick-add/dates.ts";
import type { DateReader } from "../../../src/adapters/ui/quick-add/day-reader.ts";
import { chipOf, type Line, type LineContext, readLine } from "../../../src/adapters/ui/quick-add/read.ts";

/** A Sunday. */
const TODAY = "2026-11-29";
const LISTS = [
  { key: "k1", name: "Home" },
  { key: "k2", name: "Home office" },
  { key: "k3", name: "Größe" },
];
const readers = new Map<string, DateReader>();
beforeAll(async () => {
  for (const [name, language, locale] of [
    ["en", "en", "en-GB"],
    ["us", "en", "en-US"],
    ["de", "de", "de-DE"],
  ] as const)
    readers.set(name, await loadDates(language, locale));
});

function read(text: string, reader = "en", more: Partial<LineContext> = {}): Line {
  const language = reader === "de" ? "de" : "en";
  return readLine(text, { today: TODAY, language, dates: readers.get(reader), lists: LISTS, ...more });
}

type Expected = Omit<Line, "spans">;
const ENGLISH: readonly (readonly [string, Expected])[] = [
  ["Call Ada", { todo: "Call Ada" }],
  [
    "Pay rent every month on the 1st !high #home",
    {
      todo: "Pay rent",
      dueDate: "2026-12-01",
      repeat: "FREQ=MONTHLY;BYMONTHDAY=1",
      priority: "high",
      labels: ["home"],
    },
  ],
  ["Call Ada tomorrow", { todo: "Call Ada", dueDate: "2026-11-30" }],
  ["tomorrow call Ada", { todo: "call Ada", dueDate: "2026-11-30" }],
  ["Call Ada by Friday", { todo: "Call Ada", dueDate: "2026-12-04" }],
  ["Email the Monday report on Friday", { todo: "Email the Monday report", dueDate: "2026-12-04" }],
  ["Lunch on Friday at 5pm", { todo: "Lunch at 5pm", dueDate: "2026-12-04" }],
  ["Lunch at 5pm tomorrow", { todo: "Lunch at 5pm", dueDate: "2026-11-30" }],
  ["Renew passport in 3 weeks", { todo: "Renew passport", dueDate: "2026-12-20" }],
  ["Party 24 Dec", { todo: "Party", dueDate: "2026-12-24" }],
  ["Party 5/12", { todo: "Party", dueDate: "2026-12-05" }],
  ["File taxes 2027-05-31", { todo: "File taxes", dueDate: "2027-05-31" }],
  ["May call", { todo: "May call" }],
  ["Do it now", { todo: "Do it now" }],
  ["Trip from Monday to Friday", { todo: "Trip from Monday to Friday" }],
  ["Water plants every 3 days", { todo: "Water plants", dueDate: TODAY, repeat: "FREQ=DAILY;INTERVAL=3" }],
  [
    "Water plants every! 3 days starting tomorrow",
    {
      todo: "Water plants",
      dueDate: "2026-11-30",
      repeat: "FREQ=DAILY;INTERVAL=3",
      repeatFrom: "completion",
    },
  ],
  [
    "Water plants every day until 5 dec #home",
    { todo: "Water plants", dueDate: TODAY, repeat: "FREQ=DAILY;UNTIL=20261205", labels: ["home"] },
  ],
  [
    "Practise every Monday until the end of December",
    { todo: "Practise", dueDate: "2026-11-30", repeat: "FREQ=WEEKLY;UNTIL=20261231;BYDAY=MO" },
  ],
  [
    "Pay every month on the 1st until 1 June 2027 starting 1 Jan",
    { todo: "Pay", dueDate: "2027-01-01", repeat: "FREQ=MONTHLY;UNTIL=20270601;BYMONTHDAY=1" },
  ],
  [
    "Stand-up every weekday",
    { todo: "Stand-up", dueDate: "2026-11-30", repeat: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" },
  ],
  ["Review every last Friday", { todo: "Review", dueDate: "2026-12-25", repeat: "FREQ=MONTHLY;BYDAY=-1FR" }],
  ["Fix bug #12 #Work #work", { todo: "Fix bug #12 #work", labels: ["Work"] }],
  ['Buy milk #"two words"', { todo: "Buy milk", labels: ["two words"] }],
  ["Learn C# and F#", { todo: "Learn C# and F#" }],
  ["Buy milk /home", { todo: "Buy milk", list: "k1" }],
  ["Buy a chair /Home office !low", { todo: "Buy a chair", list: "k2", priority: "low" }],
  ["Read and/or write 24/7 /nowhere", { todo: "Read and/or write 24/7 /nowhere" }],
  ["Wow! This is great!", { todo: "Wow! This is great!" }],
  ["!high", { todo: "!high" }],
  ["tomorrow", { todo: "tomorrow" }],
  ["every day", { todo: "every day" }],
  ["Call Ada, tomorrow, please", { todo: "Call Ada, please", dueDate: "2026-11-30" }],
  ["Say #hello!", { todo: "Say!", labels: ["hello"] }],
  ["Maß /größe", { todo: "Maß", list: "k3" }],
];

const GERMAN: readonly (readonly [string, Expected])[] = [
  [
    "Miete zahlen jeden Monat am 1. !hoch #zuhause",
    {
      todo: "Miete zahlen",
      dueDate: "2026-12-01",
      repeat: "FREQ=MONTHLY;BYMONTHDAY=1",
      priority: "high",
      labels: ["zuhause"],
    },
  ],
  [
    "Blumen gießen jeden Tag bis zum 5. Dezember",
    { todo: "Blumen gießen", dueDate: TODAY, repeat: "FREQ=DAILY;UNTIL=20261205" },
  ],
  ["Ada morgen anrufen", { todo: "Ada anrufen", dueDate: "2026-11-30" }],
  ["Bericht bis Freitag", { todo: "Bericht", dueDate: "2026-12-04" }],
  ["Bericht bis zum 24.12.", { todo: "Bericht", dueDate: "2026-12-24" }],
  ["Feier 1.2.", { todo: "Feier", dueDate: "2027-02-01" }],
  ["Feier 24. Dezember", { todo: "Feier", dueDate: "2026-12-24" }],
  ["Essen am Freitag um 17 Uhr", { todo: "Essen um 17 Uhr", dueDate: "2026-12-04" }],
  ["Blumen gießen alle 3 Tage", { todo: "Blumen gießen", dueDate: TODAY, repeat: "FREQ=DAILY;INTERVAL=3" }],
  ["Müll jeden Montag", { todo: "Müll", dueDate: "2026-11-30", repeat: "FREQ=WEEKLY;BYDAY=MO" }],
  ["Version 1.2.3 prüfen", { todo: "Version 1.2.3 prüfen" }],
];

for (const [reader, table] of [
  ["en", ENGLISH],
  ["de", GERMAN],
] as const) {
  describe(`a line, read in ${reader}`, () => {
    test.each(table)("%s", (text, expected) => {
      const { spans, ...line } = read(text, reader);
      expect(line).toEqual(expected);
      for (const span of spans) expect(text.slice(span.start, span.end)).toBe(span.text);
    });
  });
}

test("5/12 is in May where people write it so", () => {
  expect(read("Party 5/12", "us").dueDate).toBe("2027-05-12");
});

describe("a chip that is taken away", () => {
  const text = "Call Ada on Friday !high #home tomorrow every day";

  test("leaves its words as text, and the others as they were", () => {
    const { spans } = read(text);
    expect(spans.map(({ kind }) => kind)).toEqual(["priority", "label", "due", "repeat"]);
    const plain = new Set(spans.filter(({ kind }) => kind !== "due").map(chipOf));
    const { todo, dueDate, priority, labels, repeat } = read(text, "en", { plain });
    expect({ todo, dueDate, priority, labels, repeat }).toEqual({
      todo: "Call Ada on Friday !high #home every day",
      dueDate: "2026-11-30",
      priority: undefined,
      labels: undefined,
      repeat: undefined,
    });
  });

  test("makes room for the one before it", () => {
    const plain = new Set([chipOf({ kind: "due", text: "tomorrow" })]);
    expect(read(text, "en", { plain })).toMatchObject({ todo: "Call Ada tomorrow", dueDate: "2026-12-04" });
  });

  test("stays away while the rest of the line is edited", () => {
    const plain = new Set([chipOf({ kind: "label", text: "#Home" })]);
    expect(read("Now call Ada #home again", "en", { plain }).todo).toBe("Now call Ada #home again");
  });
});

test("until days can be read, they are text, and the rest is understood", () => {
  expect(read("Call Ada tomorrow #home", "en", { dates: undefined })).toMatchObject({
    todo: "Call Ada tomorrow",
    labels: ["home"],
  });
});

test("a line of any characters is read without an error, and nothing of it is lost", () => {
  for (let n = 0; n < 300; n++) {
    const text = Array.from(
      { length: 12 },
      (_, at) => PIECES[Bun.hash.crc32(`${n} ${at}`) % PIECES.length],
    ).join(" ");
    const { todo, spans } = read(text, n % 2 === 0 ? "en" : "de");
    const said = [todo, ...spans.map((span) => span.text)].join(" ");
    for (const word of text.match(/[\p{L}\p{N}]+/gu) ?? []) expect(said).toContain(word);
  }
});

const PIECES = [
  "#",
  "!",
  "/",
  "#a",
  "every",
  "day",
  "1st",
  "tomorrow",
  "!high",
  "/home",
  "\u{1F468}‍\u{1F469}",
  "İ",
  "ß",
  "every month",
  "on",
  "5/12",
  '#"x',
  "morgen",
  "jeden Tag",
  ",",
  ".",
];
