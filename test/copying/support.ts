import { Database } from "bun:sqlite";
import type { Client } from "cassandra-driver";
import { migrateSqlite } from "../../src/adapters/sqlite/maintenance.ts";
import { start } from "../commands/todos-process.ts";
import { allRows } from "../support/cassandra/pages.ts";

/** A task or a checklist as a test compares it: id and all that is stored, in one text. */
export type Snapshot = readonly string[];

const DAY_MS = 86_400_000;
const clock = { now: () => Date.now() };
const WORDS = [
  "Größe 🛒",
  "列表",
  "\u0001 control",
  "'; DROP TABLE task; --",
  "\uFFFD before 😀",
  "x".repeat(900),
];
/** Not of ours: taken over from elsewhere, in an order in which UTF-16 and the stores differ. */
export const OLD_IDS = ["1", "Zettel-42", "\uFFFDlast of its plane", "😀first of the next"];

/** Makes a file with that many lists of that many tasks, and one list with ids of old. */
export function seed(file: string, lists: number, tasksEach: number): void {
  migrateSqlite(file, { clock });
  using db = new Database(file);
  const list = db.prepare(
    "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?)",
  );
  const task = db.prepare(
    `INSERT INTO task (checklist_id, id, todo, status, priority, description, due_date, labels, rank, repeat, repeat_from,
     completed_at, previous, next, created_at, updated_at, version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const fill = (checklistId: string, taskIds: readonly string[], index: number): void => {
    list.run(checklistId, WORDS[index % WORDS.length] ?? "", 1e12 + index, 1e12 + 2 * index, 1 + (index % 9));
    taskIds.forEach((id, at) => {
      const optional = [at % 2 === 0 ? null : `Wörter ${at}`, at % 3 === 0 ? null : "2026-02-28"] as const;
      const status = ["pending", "in_progress", "completed"][at % 3] ?? "";
      const deep = at % 4 === 0 ? [null, null, null, null] : ['["Größe","x"]', `!${at}`, "FREQ=DAILY", "due"];
      const completed = status === "completed" ? 1e12 + 2 * at : null;
      const series = at % 5 === 0 ? [null, null] : ['["list","before"]', '["list","after"]'];
      const priority = ["low", "medium", "high"][at % 3] ?? "";
      const facts = [status, priority, ...optional, ...deep, completed, ...series] as const;
      task.run(
        checklistId,
        id,
        WORDS[at % WORDS.length] ?? "",
        ...facts,
        1e12 + at,
        1e12 + 3 * at,
        1 + (at % 5),
      );
    });
  };
  db.transaction(() => {
    for (let index = 0; index < lists; index++) {
      fill(
        Bun.randomUUIDv7(),
        Array.from({ length: tasksEach }, () => Bun.randomUUIDv7()),
        index,
      );
    }
    fill("list of old", OLD_IDS, lists);
    trash(db);
    accounts(db);
  })();
}

/** A default owner, owners and members of two lists, one of them in the trash, and records, one of which ends. */
function accounts(db: Database): void {
  db.run("INSERT INTO meta (key, value) VALUES ('default-owner', 'u1')");
  db.run("UPDATE checklist SET owner = 'u2' WHERE id = 'list of old'");
  db.run("UPDATE trashed_checklist SET owner = 'u3'");
  for (const [user, role] of [
    ["u3", "viewer"],
    ["ü", "editor"],
  ] as const) {
    db.run("INSERT INTO member SELECT id, ?, ? FROM trashed_checklist WHERE ? <> owner", [user, role, user]);
    db.run("INSERT INTO member VALUES ('list of old', ?, ?)", [user, role]);
  }
  const record = db.prepare(
    "INSERT INTO account_record (kind, key, owner, value, version, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  record.run("user", "u1", "all", '{"login":"größe","list":[1,null]}', 2 ** 48, null);
  record.run("login", "größe", "all", '{"userId":"u1"}', 7, null);
  record.run("session", "5f", "u1", "{}", 8, Date.now() + 10 * DAY_MS);
  record.run("link", "6f", "c1", '{"name":"<b>größe</b>"}', 10, null);
  record.run("invitation", "c1 u1", "u1", "{}", 11, Date.now() + 30 * DAY_MS);
  record.run("once", "a b", "u1", "{}", 9, Date.now() + 10_000 * DAY_MS);
}

/** Puts a new list and a new task of "list of old" into the trash; the list has a task, and one in the trash. */
function trash(db: Database): void {
  const until = Date.now() + 10 * DAY_MS;
  const id = Bun.randomUUIDv7();
  db.run(
    "INSERT INTO trashed_checklist (place, id, name, created_at, updated_at, version, deleted_at, until) VALUES (NULL, ?, 'Trashed', 1, 2, 3, 4, ?)",
    [id, until],
  );
  for (const [list, at] of [
    [id, 1],
    ["list of old", 2],
    ["list of old", 3],
  ] as const) {
    db.run(
      `INSERT INTO trashed_task (checklist_id, id, todo, status, priority, due_date, created_at, updated_at, version,
       deleted_at, until) VALUES (?, ?, 'x', 'pending', 'low', '2026-01-01', 1, 2, 2, ?, ?)`,
      [list, Bun.randomUUIDv7(), at, until],
    );
  }
  db.run(
    `INSERT INTO task (checklist_id, id, todo, status, priority, created_at, updated_at, version)
     VALUES (?, 'taken along', 'x', 'pending', 'low', 1, 1, 1)`,
    [id],
  );
}

/** Everything a file holds, the trash too, read by the test itself. */
export function fileContents(file: string): Snapshot {
  using db = new Database(file, { readonly: true });
  const lists = db
    .query(
      `SELECT id, name, created_at, updated_at, version, NULL, NULL FROM checklist
       UNION ALL SELECT id, name, created_at, updated_at, version, deleted_at, until FROM trashed_checklist`,
    )
    .values();
  const columns = `checklist_id, id, todo, status = 'completed', status, priority, description, due_date, labels, rank,
       repeat, repeat_from, completed_at, previous, next, created_at, updated_at, version`;
  const tasks = db
    .query(
      `SELECT * FROM (SELECT ${columns}, NULL, NULL FROM task
       UNION ALL SELECT ${columns}, deleted_at, until FROM trashed_task)
       WHERE checklist_id IN (SELECT id FROM checklist UNION ALL SELECT id FROM trashed_checklist)`,
    )
    .values()
    .map((cells) => cells.map((cell, index) => (index === 3 ? cell === 1 : cell)));
  const ofAccounts = [
    "SELECT 'default owner', value FROM meta WHERE key = 'default-owner'",
    "SELECT 'owner', id, owner FROM checklist WHERE owner IS NOT NULL",
    "SELECT 'owner', id, owner FROM trashed_checklist WHERE owner IS NOT NULL",
    "SELECT 'member', checklist_id, user_id, role FROM member",
    "SELECT 'record', kind, key, owner, value, version, expires_at FROM account_record",
  ].flatMap((query) => db.query(query).values());
  return [...[...lists, ...tasks].map(snapshot), ...ofAccounts.map((cells) => JSON.stringify(cells))].sort();
}

/** Everything a keyspace holds, the trash too, read by the test itself. */
export async function keyspaceContents(client: Client): Promise<Snapshot> {
  const lists = await allCells(
    client,
    "SELECT id, name, created_at, updated_at, version, deleted_at, trash_record FROM checklist",
  );
  const tasks = await allCells(
    client,
    `SELECT checklist_id, id, task, completed, status, priority, description, due_date, labels, rank, repeat, repeat_from,
     completed_at, previous, next, created_at, updated_at, version, deleted_at, trash_record FROM todo`,
  );
  const kept = lists.filter((cells) => cells.at(-2) === null || cells.at(-1) !== null);
  const ids = new Set(kept.map(([id]) => id));
  const rows = [...kept, ...tasks.filter(([id]) => ids.has(id))].map((cells) => snapshot(withUntil(cells)));
  return [...rows, ...(await accountsIn(client))].sort();
}

async function accountsIn(client: Client): Promise<string[]> {
  const lists = await allCells(client, "SELECT id, owner, members FROM checklist");
  const facts = await allCells(client, "SELECT key, value FROM meta");
  const records = await allCells(
    client,
    "SELECT kind, key, owner, value, version, expires_at FROM account_record",
  );
  const rows = [
    ...facts.flatMap(([key, value]) => (key === "default-owner" ? [["default owner", value]] : [])),
    ...lists.flatMap(([id, owner]) => (owner === null ? [] : [["owner", id, owner]])),
    ...lists.flatMap(([id, , members]) => {
      const roles: Record<string, string> = JSON.parse(String(members ?? "{}"));
      return Object.entries(roles).map(([user, role]) => ["member", id, user, role]);
    }),
    ...records.map(([kind, key, owner, value, version, until]) => {
      return ["record", kind, key, owner, value, Number(version), until];
    }),
  ];
  return rows.map((cells) => JSON.stringify(cells));
}

/** What is in the trash has two cells more: when it was deleted, and until when it stays. */
function snapshot(cells: readonly unknown[]): string {
  return JSON.stringify(cells.at(-2) === null ? cells.slice(0, -2) : cells);
}

/** The name of a record begins with the time until which its row is in the trash. */
function withUntil(cells: readonly unknown[]): readonly unknown[] {
  return [...cells.slice(0, -1), Number.parseInt(String(cells.at(-1)), 16)];
}

async function allCells(client: Client, cql: string): Promise<unknown[][]> {
  const rows = await allRows(client, cql, [], { prepare: true });
  return rows.map((row) =>
    row.values().map((cell: unknown) => (cell instanceof Date ? cell.getTime() : cell)),
  );
}

export interface Serving extends AsyncDisposable {
  readonly url: string;
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<number>;
}

/** A service that is ready. @param words `--sqlite FILE` or nothing @throws Error if it ends before */
export async function serving(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Serving> {
  // Accounts are copied, too; these tests ask as anyone.
  const settings = { TODOS_LOG_FORMAT: "json", TODOS_IGNORE_USERS: "true", ...env };
  const child = start(["serve", "--port", "0", ...words], { env: settings });
  const ready = Promise.withResolvers<string>();
  void (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of child.stdout) {
      text += decoder.decode(bytes, { stream: true });
      const line = text.split("\n").find((each) => each.includes('"message":"ready"') && each.endsWith("}"));
      if (line !== undefined) ready.resolve(String(JSON.parse(line).url));
    }
    ready.reject(
      new Error(`it ended before it was ready: ${text}${await new Response(child.stderr).text()}`),
    );
  })();
  const kill = (signal: "SIGTERM" | "SIGKILL"): Promise<number> => {
    child.kill(signal);
    return child.exited;
  };
  return { url: await ready.promise, kill, [Symbol.asyncDispose]: async () => void (await kill("SIGTERM")) };
}

/** Creates, changes and deletes tasks of a list until it is told to stop. @returns how many writes were acknowledged */
export function writing(url: string, checklist: string): { stop(): Promise<number>; begun: Promise<void> } {
  let stopped = false;
  const begun = Promise.withResolvers<void>();
  const work = (async () => {
    let writes = 0;
    for (let index = 0; !stopped; index++) {
      const made = await send("POST", `${url}/tasks?checklist=${checklist}`, {
        todo: `meanwhile ${index} 🧺`,
      });
      const { _links } = (await made.json()) as { _links: { self: { href: string } } };
      if (index % 2 === 0) await send("PATCH", _links.self.href, { completed: true });
      if (index % 5 === 0) await send("DELETE", _links.self.href);
      writes++;
      begun.resolve();
    }
    return writes;
  })();
  return {
    begun: begun.promise,
    stop: () => {
      stopped = true;
      return work;
    },
  };
}

/** @throws Error for anything but a 2xx */
export async function send(
  method: string,
  url: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const answer = await fetch(url, {
    method,
    headers: { ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
