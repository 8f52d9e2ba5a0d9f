import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Client, types } from "cassandra-driver";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { scratchFolder, todos } from "../commands/todos-process.ts";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { FULL_SIZE, note } from "../support/size.ts";
import { fileContents, keyspaceContents, type Snapshot, send, serving } from "./support.ts";

const DEADLINE_MS = 120_000;
/** More than a page. */
const LISTS = FULL_SIZE ? 5_000 : 450;
const NAMES = ["Größe 🛒", "列表", "'; DROP TABLE checklist; --", "x".repeat(300), " ends in a space "];

let cluster: Cluster;
let client: Client;
let env: Readonly<Record<string, string>>;
/** Of the original. */
let source: string;

beforeAll(async () => {
  cluster = await sharedCassandra();
  env = cluster.environment;
  client = cluster.client();
}, CASSANDRA_START_DEADLINE_MS);

afterAll(() => client?.shutdown());

beforeEach(() => {
  source = newKeyspace();
});

const newKeyspace = () => `t_${Bun.randomUUIDv7().replaceAll("-", "")}`;

const run = (words: readonly string[], keyspace = source) =>
  todos(words, { env: { ...env, CASSANDRA_KEYSPACE: keyspace } });
const copy = (to: string, ...more: readonly string[]) =>
  run(["copy", "--from", `cassandra:${source}`, "--to", to, ...more]);

async function columns(): Promise<string[]> {
  const cql = "SELECT table_name, column_name, type, kind FROM system_schema.columns WHERE keyspace_name = ?";
  const { rows } = await client.execute(cql, [source], { prepare: true });
  return rows.map((row) => row.values().join(" ")).sort();
}

async function makeKeyspace(): Promise<void> {
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await client.execute(`CREATE KEYSPACE IF NOT EXISTS ${source} WITH replication = ${replication}`);
}

/** What the Java original creates when it starts on an unprepared keyspace. */
async function madeByItself(): Promise<void> {
  await makeKeyspace();
  await client.execute(`CREATE TABLE IF NOT EXISTS ${source}.checklist (id uuid PRIMARY KEY, name text)`);
}

const put = (id: string, name: string | null) =>
  client.execute(
    `INSERT INTO ${source}.checklist (id, name) VALUES (?, ?)`,
    [types.Uuid.fromString(id), name],
    {
      prepare: true,
    },
  );

async function filled(lists: number): Promise<void> {
  for (let index = 0; index < lists; index++) {
    await put(crypto.randomUUID(), `${NAMES[index % NAMES.length]}${index < NAMES.length ? "" : index}`);
  }
}

/** The expected copies of the lists: name, time of the write, version. */
async function expected(): Promise<Snapshot> {
  const cql = `SELECT id, name, WRITETIME(name) AS at FROM ${source}.checklist`;
  const rows: string[] = [];
  for await (const { id, name, at } of await client.execute(cql)) {
    const ms = at === null ? 0 : Math.floor(Number(at) / 1_000);
    rows.push(JSON.stringify([String(id), name?.trim() ? name : "Untitled", ms, ms, 1]));
  }
  return rows.sort();
}

const withoutInbox = (contents: Snapshot) => contents.filter((each) => !each.startsWith(`["${INBOX_ID}"`));

describe("the keyspace that the original creates and fills without its stack", () => {
  test(
    "is refused by everything that would change it in place, with the command that copies it, and stays unchanged",
    async () => {
      await madeByItself();
      const before = await columns();
      for (const lists of [0, 1]) {
        await filled(lists);
        const commands = [
          ["migrate"],
          ["migrate", "baseline"],
          ["migrate", "--dry-run"],
          ["serve", "--port", "0"],
          ["serve", "--port", "0", "--migrate"],
        ];
        for (const words of commands) {
          const { code, stderr } = await run(words);
          const order = `todos copy --from cassandra:${source} --to sqlite:todos.db`;
          expect([words, code, stderr]).toEqual([words, 1, expect.stringContaining(order)]);
          expect(stderr).toContain("checklist.id is a uuid");
        }
      }
      expect(await columns()).toEqual(before);
    },
    DEADLINE_MS,
  );

  test(
    "is copied into a file: ids as text, names, and the times of the writes; later changes follow",
    async () => {
      await madeByItself();
      await filled(LISTS);
      const [renamed, gone, unnamed, blank] = Array.from({ length: 4 }, () => crypto.randomUUID());
      await put(renamed as string, "Before");
      await put(gone as string, "Gone");
      await put(unnamed as string, null);
      await put(blank as string, " ");
      using folder = scratchFolder();
      const target = `sqlite:${folder.file("todos.db")}`;
      const bulk = await copy(target);
      expect([bulk.code, bulk.stdout]).toEqual([
        0,
        expect.stringContaining(`stop every instance of the service that writes to`),
      ]);
      expect(bulk.stdout).not.toContain("TODOS_READ_ONLY");
      const unfinished = await todos(["serve", "--port", "0", "--sqlite", folder.file("todos.db")]);
      expect([unfinished.code, unfinished.stderr]).toEqual([1, expect.stringContaining("unfinished copy")]);

      await put(renamed as string, "After");
      await client.execute(`DELETE FROM ${source}.checklist WHERE id = ${gone}`);
      await put(crypto.randomUUID(), "New");
      const begun = performance.now();
      const last = await copy(target, "--finish");
      note(
        `${LISTS} lists of the Java original: copied and compared in ${Math.round(performance.now() - begun)} ms`,
      );
      expect([last.code, last.stderr]).toEqual([0, expect.any(String)]);
      expect(last.stdout).toStartWith("source and target are equal: ");
      const held = withoutInbox(fileContents(folder.file("todos.db")));
      expect([...held]).toEqual([...(await expected())]);
      expect(held).toContain(JSON.stringify([unnamed, "Untitled", 0, 0, 1]));
      expect((await copy(target, "--verify")).code).toBe(0);

      await using service = await serving(["--sqlite", folder.file("todos.db")], {});
      const list = await (await fetch(`${service.url}/checklists/${renamed}`)).json();
      expect(list).toMatchObject({ id: renamed, name: "After", createdAt: expect.stringMatching(/^20/) });
      const nameless = await (await fetch(`${service.url}/checklists/${unnamed}`)).json();
      expect(nameless).toMatchObject({ name: "Untitled" });
      expect(Object.keys(nameless as object)).not.toContain("createdAt");
      const changed = await send("PATCH", `${service.url}/checklists/${unnamed}`, { name: "Named" });
      expect(await changed.json()).toMatchObject({ id: unnamed, name: "Named" });
    },
    DEADLINE_MS,
  );

  test(
    "is copied into another keyspace, which is served; its own rows are not touched",
    async () => {
      await madeByItself();
      await filled(7);
      const unnamed = crypto.randomUUID();
      await put(unnamed, null);
      const before = await expected();
      const target = newKeyspace();
      expect((await run(["migrate", "--cassandra-keyspace", target])).code).toBe(0);
      const { code, stdout } = await copy(`cassandra:${target}`, "--finish");
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining("source and target are equal: 8 checklists"),
      ]);
      const own = cluster.client({ keyspace: target });
      expect(withoutInbox(await keyspaceContents(own))).toEqual([...before]);
      await own.shutdown();
      expect(await expected()).toEqual([...before]);

      await using service = await serving([], { ...env, CASSANDRA_KEYSPACE: target });
      const [id] = JSON.parse(before.find((each) => !each.includes(unnamed)) ?? "[]") as string[];
      for (const each of [id, unnamed]) {
        const url = `${service.url}/checklists/${each}`;
        expect(await (await send("PATCH", url, { name: "Changed" })).json()).toMatchObject({
          name: "Changed",
        });
        expect((await send("POST", `${service.url}/tasks?checklist=${each}`, { todo: "Milk" })).status).toBe(
          201,
        );
        expect((await send("DELETE", url)).status).toBe(204);
      }
      // Rows that are only in the target are reported, and so are those in its inbox.
      await send("POST", `${service.url}/tasks`, { todo: "in the inbox" });
      const later = await copy(`cassandra:${target}`, "--verify", "--json");
      expect([later.code, later.stdout]).toEqual([1, expect.stringContaining(INBOX_ID)]);
    },
    DEADLINE_MS,
  );

  test(
    "is not finished while the original writes to it, and can't be a target",
    async () => {
      await madeByItself();
      await filled(3);
      using folder = scratchFolder();
      let stopped = false;
      const begun = Promise.withResolvers<void>();
      const writing = (async () => {
        const id = crypto.randomUUID();
        for (let index = 0; !stopped; index++) {
          await put(id, `${index}`);
          begun.resolve();
        }
      })();
      await begun.promise;
      const busy = await copy(`sqlite:${folder.file("a.db")}`, "--finish");
      stopped = true;
      await writing;
      const sentence = "is still being written to: stop every instance of the service that writes to";
      expect([busy.code, busy.stdout]).toEqual([1, expect.stringContaining(sentence)]);
      expect((await copy(`sqlite:${folder.file("a.db")}`, "--finish")).code).toBe(0);

      const back = ["copy", "--from", `sqlite:${folder.file("a.db")}`, "--to", `cassandra:${source}`];
      const refused = await run(back);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("checklist.id is a uuid")]);
    },
    DEADLINE_MS,
  );
});

describe("the tables of the original's stack", () => {
  test(
    "are taken over in place by the command that the refusals name, including rows without times or names",
    async () => {
      await makeKeyspace();
      await client.execute(
        `CREATE TABLE ${source}.checklist (id text PRIMARY KEY, name text, created_at timestamp, updated_at timestamp)`,
      );
      await client.execute(
        `CREATE TABLE ${source}.todo (checklist_id text, id text, task text, completed boolean, created_at timestamp,
           updated_at timestamp, PRIMARY KEY (checklist_id, id)) WITH CLUSTERING ORDER BY (id ASC)`,
      );
      await client.execute(`INSERT INTO ${source}.checklist (id, name) VALUES ('l1', 'Groceries')`);
      await client.execute(
        `INSERT INTO ${source}.checklist (id, created_at, updated_at) VALUES ('l2', 5, 6)`,
      );
      await client.execute(`INSERT INTO ${source}.todo (checklist_id, id, task) VALUES ('l1', 't1', 'Milk')`);
      for (const words of [["migrate"], ["serve", "--port", "0"], ["serve", "--port", "0", "--migrate"]]) {
        const { code, stderr } = await run(words);
        expect([words, code, stderr]).toEqual([
          words,
          1,
          expect.stringContaining("run: todos migrate baseline"),
        ]);
      }
      using folder = scratchFolder();
      const early = await copy(`sqlite:${folder.file("a.db")}`);
      expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("run: todos migrate baseline")]);
      expect((await run(["migrate", "baseline"])).code).toBe(0);
      await using service = await serving([], { ...env, CASSANDRA_KEYSPACE: source });
      const url = `${service.url}/checklists/l1`;
      expect(await (await fetch(url)).json()).toMatchObject({ id: "l1", name: "Groceries" });
      expect(await (await fetch(`${service.url}/checklists/l2`)).json()).toMatchObject({ name: "Untitled" });
      const task = `${service.url}/tasks/t1?checklist=l1`;
      expect(await (await send("PATCH", task, { completed: true })).json()).toMatchObject({ todo: "Milk" });
      expect(await (await send("PATCH", url, { name: "Food" })).json()).toMatchObject({ name: "Food" });
    },
    DEADLINE_MS,
  );
});
