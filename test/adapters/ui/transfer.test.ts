import { describe, expect, test } from "bun:test";
import type { PortableList } from "../../../src/adapters/ui/transfer/format.ts";
import { fromJson, toJson } from "../../../src/adapters/ui/transfer/json.ts";
import { fromMarkdown, toMarkdown } from "../../../src/adapters/ui/transfer/markdown.ts";
import type { TaskMembers } from "../../../src/adapters/ui/workspace/types.ts";

const PLAIN = { status: "pending", priority: "medium", labels: [] } as const;
const LISTS: readonly PortableList[] = [
  { name: "Inbox", isInbox: true, tasks: [{ todo: "Call Ada", ...PLAIN }] },
  {
    name: "Flat # {things}",
    tasks: [
      {
        todo: "Pay rent {due: never}",
        status: "pending",
        priority: "high",
        labels: ["home", "a;b", "x}y"],
        dueDate: "2026-12-01",
        repeat: "FREQ=MONTHLY;BYMONTHDAY=1",
        repeatFrom: "completion",
        description: "To the owner:\n\n- [ ] not a task\n# not a list\n\n    code",
      },
      { todo: "In the middle", ...PLAIN, status: "in_progress" },
      { todo: "Over", ...PLAIN, status: "completed", priority: "low" },
      { todo: "two\nlines \\n and a \\ backslash", ...PLAIN },
      { todo: "[x] not done", ...PLAIN },
    ],
  },
  { name: "Empty", tasks: [] },
];

describe("what is exported can be imported again", () => {
  test("as JSON", () => {
    expect(fromJson(toJson(LISTS))).toEqual({ lists: [...LISTS], problems: [] });
  });

  test("as Markdown", () => {
    expect(fromMarkdown(toMarkdown(LISTS))).toEqual({ lists: [...LISTS], problems: [] });
  });

  test("whatever characters texts have, 300 random lists", () => {
    for (let n = 0; n < 300; n++) {
      const lists = [randomList(n)];
      expect(fromJson(toJson(lists))).toEqual({ lists, problems: [] });
      expect(fromMarkdown(toMarkdown(lists))).toEqual({ lists, problems: [] });
    }
  });
});

test("line ends: JSON keeps them, Markdown has line feeds", () => {
  const lists = [
    { name: "Inbox", isInbox: true, tasks: [{ todo: "a", ...PLAIN, description: "one\r\n\r\ntwo" }] },
  ];
  expect(fromJson(toJson(lists)).lists).toEqual(lists);
  const text = toMarkdown(lists);
  expect(text).not.toContain("\r");
  for (const given of [text, text.replaceAll("\n", "\r\n")])
    expect(fromMarkdown(given).lists[0]?.tasks[0]?.description).toBe("one\n\ntwo");
});

test("Markdown is what people would write, and reads well", () => {
  expect(toMarkdown(LISTS.slice(0, 1))).toBe("# Inbox {inbox}\n\n- [ ] Call Ada\n");
  const rent = {
    todo: "Pay rent",
    ...PLAIN,
    dueDate: "2026-12-01",
    labels: ["home"],
    description: "By wire.",
  };
  expect(toMarkdown([{ name: "Flat", tasks: [rent] }])).toBe(
    "# Flat\n\n- [ ] Pay rent {due: 2026-12-01; labels: home}\n    By wire.\n",
  );
});

test("Markdown of something else becomes lists, too: headings, items, boxes; braces are text", () => {
  const text = "* loose\n\n## Shopping\n\nSome words.\n\n* [ ] milk\n+ [X] eggs {free range}\n- bread\n";
  expect(fromMarkdown(text)).toEqual({
    lists: [
      { name: "Inbox", isInbox: true, tasks: [{ todo: "loose", ...PLAIN }] },
      {
        name: "Shopping",
        tasks: [
          { todo: "milk", ...PLAIN },
          { todo: "eggs {free range}", ...PLAIN, status: "completed" },
          { todo: "bread", ...PLAIN },
        ],
      },
    ],
    problems: [],
  });
});

test("what is wrong is left out and named, with its place; the rest is imported", () => {
  const task = {
    todo: "a",
    dueDate: "2026-02-30",
    priority: "urgent",
    labels: ["x", "X"],
    repeat: "FREQ=NEVER",
  };
  const text = JSON.stringify({
    format: "todos",
    version: 2,
    lists: [{ name: "L", tasks: [task, { todo: " " }] }, 5],
  });
  expect(fromJson(text)).toEqual({
    lists: [{ name: "L", tasks: [{ todo: "a", ...PLAIN }] }],
    problems: [
      ...["dueDate", "repeat", "priority", "labels"].map((member) => ({
        reason: "bad-member" as const,
        where: "lists 1, tasks 1",
        member,
      })),
      { reason: "no-text", where: "lists 1, tasks 2" },
      { reason: "bad-member", where: "lists 2", member: "name" },
    ],
  });
  expect(fromMarkdown("# L\n- a {due: 2026-02-30}\n").problems).toEqual([
    { reason: "bad-member", where: "2", member: "dueDate" },
  ]);
});

test("what is no export of ours is refused as such", () => {
  expect(fromJson("{").problems).toEqual([{ reason: "not-json" }]);
  for (const text of ["null", "[]", "{}", '{"format":"todos"}', '{"format":"other","lists":[]}'])
    expect(fromJson(text)).toEqual({ lists: [], problems: [{ reason: "not-ours" }] });
  expect(fromMarkdown("Some words.\n")).toEqual({ lists: [], problems: [{ reason: "nothing" }] });
  const many = { name: "L", tasks: Array.from({ length: 20_001 }, () => ({ todo: "a" })) };
  expect(fromJson(JSON.stringify({ format: "todos", lists: [many] })).problems).toEqual([
    { reason: "too-many" },
  ]);
});

const PIECES = [
  "a",
  "#",
  "- ",
  "[x] ",
  "\n",
  "\n\n",
  "{",
  "}",
  "{due: x}",
  "\\",
  "\\n",
  ";",
  "    ",
  "ß",
  "\u{1F468}",
  "* ",
  "\t",
  "&lt;",
];

function random(seed: string, most: number): string {
  const length = 1 + (Bun.hash.crc32(seed) % most);
  const pieces = Array.from(
    { length },
    (_, at) => PIECES[Bun.hash.crc32(`${seed} ${at}`) % PIECES.length] ?? "",
  );
  return `t${pieces.join("")}t`;
}

function randomList(n: number): PortableList {
  const tasks = Array.from({ length: n % 4 }, (_, at): TaskMembers => {
    const seed = `${n} ${at}`;
    return {
      todo: random(seed, 12),
      ...PLAIN,
      description: random(`d${seed}`, 20),
      labels: [random(`l${seed}`, 3).replaceAll(",", "")],
    };
  });
  return { name: random(`n${n}`, 6), tasks };
}
