import { expect, test } from "bun:test";
import { signal } from "@preact/signals";
import type { PortableList } from "../../../src/adapters/ui/transfer/format.ts";
import { hereOf } from "../../../src/adapters/ui/transfer/here.ts";
import type { ListRow, TaskMembers, TaskRow } from "../../../src/adapters/ui/workspace/types.ts";

const PLAIN = { status: "pending", priority: "medium", labels: [] } as const;
const tasks = (...todos: string[]): readonly TaskMembers[] => todos.map((todo) => ({ todo, ...PLAIN }));

interface Kept {
  readonly name: string;
  readonly todos: readonly string[];
  readonly isInbox?: boolean;
  readonly isReadOnly?: boolean;
}

/** A workspace with these lists, whose keys are their places. */
function workspace(kept: readonly Kept[]) {
  const may = { rename: true, delete: true, share: true, write: true };
  const lists = kept.map(
    ({ name, isInbox = false, isReadOnly = false }, at): ListRow => ({
      key: String(at),
      name,
      isInbox,
      open: 0,
      may: { ...may, write: !isReadOnly },
      pending: false,
    }),
  );
  const rowsOf = ({ todos }: Kept, list: string) =>
    todos.map(
      (todo, at): TaskRow => ({ todo, ...PLAIN, key: `${list} ${at}`, list, rank: "", pending: false }),
    );
  return {
    lists: signal(lists),
    tasksOf: (key: string) => signal(rowsOf(kept[Number(key)] ?? { name: "", todos: [] }, key)),
  };
}

const FILE: readonly PortableList[] = [
  { name: "Inbox", isInbox: true, tasks: tasks("call", "write") },
  { name: "Shopping", tasks: tasks("milk", "milk", "eggs") },
  { name: "Empty", tasks: [] },
];

test("where nothing of a file is here, nothing is asked, and all of it is new", () => {
  const {
    tasks: count,
    lists,
    others,
  } = hereOf(workspace([{ name: "Posteingang", isInbox: true, todos: [] }]), FILE);
  expect({ count, lists }).toEqual({ count: 0, lists: [] });
  expect(others).toEqual([
    { name: "Inbox", key: "0", tasks: tasks("call", "write") },
    { name: "Shopping", tasks: tasks("milk", "milk", "eggs") },
    { name: "Empty", tasks: [] },
  ]);
});

test("a file that was imported before is here as a whole", () => {
  const here = workspace([
    { name: "Inbox", isInbox: true, todos: ["write", "something else", "call"] },
    { name: "Shopping ", todos: ["eggs", "milk", "milk"] },
    { name: "Empty", todos: ["filled since"] },
  ]);
  expect(hereOf(here, FILE)).toEqual({ tasks: 5, lists: ["Shopping", "Empty"], others: [] });
});

test("each task here counts once, and the others go to the lists that are here", () => {
  const here = workspace([
    { name: "Inbox", isInbox: true, todos: ["call"] },
    { name: "Shopping", todos: ["milk"] },
    { name: "Shopping", todos: ["eggs"] },
  ]);
  expect(hereOf(here, FILE)).toEqual({
    tasks: 3,
    lists: ["Shopping"],
    others: [
      { name: "Inbox", key: "0", tasks: tasks("write") },
      { name: "Shopping", key: "1", tasks: tasks("milk") },
      { name: "Empty", tasks: [] },
    ],
  });
});

test("the same text in another list is another task; a list that may only be read is another list", () => {
  const here = workspace([
    { name: "Inbox", isInbox: true, todos: ["milk"] },
    { name: "Shopping", isReadOnly: true, todos: ["milk", "eggs"] },
  ]);
  expect(hereOf(here, FILE)).toMatchObject({ tasks: 0, lists: [] });
});

test("Markdown has other line ends than what was exported, which makes no other task", () => {
  const here = workspace([{ name: "L", todos: ["two\r\nlines"] }]);
  expect(hereOf(here, [{ name: "L", tasks: tasks("two\nlines") }]).tasks).toBe(1);
});
