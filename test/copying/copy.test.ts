import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { scratchFolder, start, todos } from "../commands/todos-process.ts";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { freshKeyspace } from "../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { fileContents, keyspaceContents, OLD_IDS, seed, send, serving, writing } from "./support.ts";

const DEADLINE_MS = 180_000;
const CHILD = join(import.meta.dir, "children/copy.ts");
const READ_ONLY = { TODOS_READ_ONLY: "true" };

let cluster: Cluster;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  cluster = await sharedCassandra();
  env = cluster.environment;
}, CASSANDRA_START_DEADLINE_MS);

const copy = (from: string, to: string, ...more: readonly string[]) =>
  todos(["copy", "--from", from, "--to", to, ...more], { env });

/** The lines of `--json` with that event. */
function events(stdout: string, event: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter((each) => each.event === event);
}

describe("from a file to a cluster", () => {
  test(
    "5,000 rows while they change, then the rest: equal, with ids, versions and times; old ETags are stale",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const file = folder.file("a.db");
      const { keyspace: name } = keyspace.settings;
      seed(file, 25, 200);
      const [source, target] = [`sqlite:${file}`, `cassandra:${name}`];
      let etag = "";
      let made = "";
      const key = { "idempotency-key": "one-and-only" };
      {
        await using service = await serving(["--sqlite", file], {});
        const list = (await (await send("POST", `${service.url}/checklists`, { name: "Busy" })).json()) as {
          id: string;
        };
        const doomed = (await (
          await send("POST", `${service.url}/checklists`, { name: "Doomed" })
        ).json()) as { id: string };
        for (const todo of ["one", "two"])
          await send("POST", `${service.url}/tasks?checklist=${doomed.id}`, { todo });
        const writer = writing(service.url, list.id);
        await writer.begun;
        const bulk = await copy(source, target, "--json");
        expect([bulk.code, bulk.stderr]).toEqual([0, ""]);
        expect(events(bulk.stdout, "copied")[0]?.written).toBeGreaterThan(5_000);
        expect(await writer.stop()).toBeGreaterThan(0);

        const refused = await todos(["serve", "--port", "0"], { env: { ...env, CASSANDRA_KEYSPACE: name } });
        expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("an unfinished copy")]);

        // A new row, a changed one, deleted ones, and a list that is deleted with its tasks.
        const answer = await send("POST", `${service.url}/tasks`, { todo: "in the inbox" }, key);
        made = ((await answer.json()) as { id: string }).id;
        etag = answer.headers.get("etag") ?? "";
        await send("PATCH", `${service.url}/tasks/1?checklist=list%20of%20old`, { todo: "changed" });
        await send("DELETE", `${service.url}/tasks/Zettel-42?checklist=list%20of%20old`);
        await send("DELETE", `${service.url}/checklists/${doomed.id}`);
      }
      await using _readOnly = await serving(["--sqlite", file], READ_ONLY);
      const last = await copy(source, target, "--finish");
      expect(last.code).toBe(0);
      expect(last.stdout).toStartWith("source and target are equal: 30 checklists and ");
      expect(await keyspaceContents(keyspace.client)).toEqual(fileContents(file));
      const again = await copy(source, target, "--finish");
      expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("nothing was done")]);

      await using service = await serving([], { ...env, CASSANDRA_KEYSPACE: name });
      const stale = await fetch(`${service.url}/tasks/${made}`, {
        method: "DELETE",
        headers: { "if-match": etag },
      });
      expect(stale.status).toBe(412);
      const repeated = await send("POST", `${service.url}/tasks`, { todo: "in the inbox" }, key);
      expect(((await repeated.json()) as { id: string }).id).toBe(made);
      const old = await fetch(`${service.url}/tasks?checklist=list%20of%20old`);
      const { _embedded } = (await old.json()) as { _embedded: { tasks: { id: string }[] } };
      expect(_embedded.tasks.map(({ id }) => id)).toEqual(OLD_IDS.filter((id) => id !== "Zettel-42"));
    },
    DEADLINE_MS,
  );

  test(
    "killed with -9 at several moments, it continues each time, and ends up equal",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const file = folder.file("a.db");
      seed(file, 12, 450);
      const orders = { from: "sqlite", file, settings: keyspace.settings };
      const counts: number[] = [];
      for (const survives of [0, 3, 9, 14]) {
        expect(await copyInChild({ ...orders, survives })).toBe("SIGKILL");
        counts.push((await keyspaceContents(keyspace.client)).length);
      }
      expect(counts.toSorted((a, b) => a - b)).toEqual(counts);
      expect(counts[0]).toBeLessThan(5_000);
      const last = await copy(
        `sqlite:${file}`,
        `cassandra:${keyspace.settings.keyspace}`,
        "--finish",
        "--json",
      );
      expect([last.code, events(last.stdout, "compared")[0]?.equal]).toEqual([0, true]);
      expect(await keyspaceContents(keyspace.client)).toEqual(fileContents(file));
    },
    DEADLINE_MS,
  );

  test(
    "Ctrl-C ends it with 130, and the same command continues",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const file = folder.file("a.db");
      seed(file, 20, 400);
      const words = ["--from", `sqlite:${file}`, "--to", `cassandra:${keyspace.settings.keyspace}`];
      const child = start(["copy", ...words], { env });
      const stderr = child.stderr.getReader();
      expect(new TextDecoder().decode((await stderr.read()).value)).toBe("copying\n");
      child.kill("SIGINT");
      expect(await child.exited).toBe(130);
      expect(new TextDecoder().decode((await stderr.read()).value)).toContain(
        "the same command continues from there",
      );
      const { code, stdout } = await todos(["copy", ...words, "--finish"], { env });
      expect([code, stdout]).toEqual([0, expect.stringContaining("equal: 23 checklists and 8,008 tasks")]);
    },
    DEADLINE_MS,
  );

  test(
    "planted differences are found, list by list: a text, a time, a missing task, an extra list, an owner; and records",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const { client } = keyspace;
      const file = folder.file("a.db");
      seed(file, 6, 10);
      const [source, target] = [`sqlite:${file}`, `cassandra:${keyspace.settings.keyspace}`];
      expect((await copy(source, target, "--finish")).code).toBe(0);
      expect((await copy(source, target, "--verify")).code).toBe(0);
      using db = new Database(file, { readonly: true });
      const rows = db.query("SELECT checklist_id, min(id) FROM task GROUP BY 1 ORDER BY 1").values() as [
        string,
        string,
      ][];
      const [text, time, gone] = rows;
      await client.execute("UPDATE todo SET task = 'planted' WHERE checklist_id = ? AND id = ?", text, {
        prepare: true,
      });
      await client.execute("UPDATE todo SET updated_at = 1 WHERE checklist_id = ? AND id = ?", time, {
        prepare: true,
      });
      await client.execute("DELETE FROM todo WHERE checklist_id = ? AND id = ?", gone, { prepare: true });
      await client.execute(
        "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES ('extra', 'x', 1, 1, 1)",
      );
      for (const planted of [
        "UPDATE checklist SET owner = 'x' WHERE id = 'list of old'",
        "UPDATE account_record SET value = '{}' WHERE kind = 'user' AND key = 'u1'",
        "DELETE FROM account_record WHERE kind = 'login' AND key = 'größe'",
      ])
        await client.execute(planted);
      const { code, stdout } = await copy(source, target, "--verify", "--json");
      expect(code).toBe(1);
      const wrong = [text, time, gone].map((each) => each?.[0] ?? "");
      const found = events(stdout, "different").map(({ checklist, record }) => String(checklist ?? record));
      const others = ["extra", "list of old", "user u1", "login größe"];
      expect(found.toSorted()).toEqual([...wrong, ...others].toSorted());
      expect(events(stdout, "compared")).toMatchObject([{ equal: false, different: 7 }]);
      const people = await copy(source, target, "--verify");
      expect(people.stdout).toContain(
        "source and target differ in 5 checklists of 9, and in 2 records of accounts: those above",
      );
    },
    DEADLINE_MS,
  );
});

describe("from a cluster to a file", () => {
  test(
    "5,000 rows, including rows of the baseline, while they change and the copier is killed; then the rest",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const { client, settings } = keyspace;
      const [first, back] = [folder.file("a.db"), folder.file("b.db")];
      seed(first, 12, 450);
      const [source, target] = [`cassandra:${settings.keyspace}`, `sqlite:${back}`];
      expect((await copy(`sqlite:${first}`, source, "--finish")).code).toBe(0);
      await client.execute(
        "INSERT INTO checklist (id, name, created_at, updated_at) VALUES ('java', 'Alt', 5, 6)",
      );
      await client.execute(
        "INSERT INTO todo (checklist_id, id, task, completed, created_at, updated_at) VALUES ('java', 't1', 'old', true, 7, 8)",
      );
      {
        await using service = await serving([], { ...env, CASSANDRA_KEYSPACE: settings.keyspace });
        const writer = writing(service.url, "java");
        await writer.begun;
        for (const survives of [0, 4, 11]) {
          const orders = { from: "cassandra", file: back, settings, survives };
          expect(await copyInChild(orders)).toBe("SIGKILL");
        }
        expect((await copy(source, target)).code).toBe(0);
        await writer.stop();
        await send("DELETE", `${service.url}/tasks/1?checklist=list%20of%20old`);
      }
      const unfinished = await todos(["serve", "--port", "0", "--sqlite", back]);
      expect([unfinished.code, unfinished.stderr]).toEqual([1, expect.stringContaining("unfinished copy")]);
      const last = await copy(source, target, "--finish");
      expect(last.stdout).toStartWith("source and target are equal: 16 checklists and ");
      const made = fileContents(back);
      expect(made).toContain('["java","Alt",5,6,1]');
      expect(made).toContain(
        '["java","t1","old",true,"completed","medium",null,null,null,null,null,null,8,null,null,7,8,1]',
      );
      const withoutBaseline = (each: string) => !/^\["java",("Alt"|"t1")/.test(each);
      const there = await keyspaceContents(client);
      expect(made.filter(withoutBaseline)).toEqual(there.filter(withoutBaseline));
      expect(made.length).toBe(there.length);
      await using service = await serving(["--sqlite", back], {});
      expect((await fetch(`${service.url}/tasks/t1?checklist=java`)).status).toBe(200);
    },
    DEADLINE_MS,
  );
});

describe("refused", () => {
  test(
    "a source that is still being written to when it should be finished",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const file = folder.file("a.db");
      const { keyspace: name } = keyspace.settings;
      seed(file, 3, 10);
      const sources = [
        { source: `sqlite:${file}`, words: ["--sqlite", file], more: {}, list: "list of old" },
        {
          source: `cassandra:${name}`,
          words: [],
          more: { ...env, CASSANDRA_KEYSPACE: name },
          list: INBOX_ID,
        },
      ];
      for (const { source, words, more, list } of sources) {
        await using service = await serving(words, more);
        const writer = writing(service.url, list);
        await writer.begun;
        const { code, stdout } = await copy(source, `sqlite:${folder.file(`${list}.db`)}`, "--finish");
        await writer.stop();
        const sentence = "is still being written to: set TODOS_READ_ONLY=true";
        expect([code, stdout]).toEqual([1, expect.stringContaining(sentence)]);
      }
    },
    DEADLINE_MS,
  );

  test(
    "a target that is served, has its own rows, holds another copy, or is older; a source half copied",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const [a, b, c] = [folder.file("a.db"), folder.file("b.db"), folder.file("c.db")];
      seed(a, 1, 1);
      seed(b, 1, 1);
      const refusal = async (from: string, to: string) => {
        const { code, stderr, stdout } = await copy(from, to);
        expect([code, stdout]).toEqual([1, ""]);
        return stderr;
      };
      {
        await using _service = await serving(["--sqlite", c], {});
        expect(await refusal(`sqlite:${a}`, `sqlite:${c}`)).toContain("already being served");
      }
      expect(await refusal(`sqlite:${a}`, `sqlite:${b}`)).toContain(
        "is not empty, and a copy would remove its checklists and tasks: name an empty target",
      );
      expect((await copy(`sqlite:${a}`, `sqlite:${c}`)).code).toBe(0);
      expect(await refusal(`sqlite:${b}`, `sqlite:${c}`)).toContain("holds a copy of another store");
      expect(await refusal(`sqlite:${c}`, `sqlite:${folder.file("d.db")}`)).toContain("unfinished copy");
      expect(await refusal(`sqlite:${a}`, "cassandra:never_made")).toContain(
        "create it and its tables with: todos migrate",
      );
      const { name } = { name: keyspace.settings.keyspace };
      const service = await serving([], { ...env, CASSANDRA_KEYSPACE: name });
      const list = (await (await send("POST", `${service.url}/checklists`, { name: "x" })).json()) as {
        id: string;
      };
      expect(list.id.length).toBeGreaterThan(0);
      await service.kill("SIGTERM");
      expect(await refusal(`sqlite:${a}`, `cassandra:${name}`)).toContain(
        "is being served, or was until a moment ago",
      );
      await keyspace.client.execute("TRUNCATE change_writer");
      expect(await refusal(`sqlite:${a}`, `cassandra:${name}`)).toContain(
        "is not empty, and a copy would remove its checklists and tasks: name an empty target",
      );
      await keyspace.client.execute("DELETE FROM schema_migration WHERE record = 'schema' AND version = 4");
      expect(await refusal(`sqlite:${a}`, `cassandra:${name}`)).toContain("run: todos migrate");
    },
    DEADLINE_MS,
  );

  test(
    "an older run, once a newer one has taken over",
    async () => {
      using folder = scratchFolder();
      await using keyspace = await freshKeyspace(cluster);
      const { openCassandraRowWriter } = await import("../../src/adapters/cassandra/copying/open.ts");
      await using older = await openCassandraRowWriter(keyspace.settings, "k", Date.now());
      const marker = { source: "other", run: "older", phase: "copying" as const, at: 1 };
      expect(await older.setMarker(marker, undefined)).toBe(true);
      await using newer = await openCassandraRowWriter(keyspace.settings, "k", Date.now());
      expect(await newer.setMarker({ ...marker, run: "newer" }, marker)).toBe(true);
      expect(await older.setMarker({ ...marker, phase: "finished" }, marker)).toBe(false);
      const row = { id: "x", name: "x", createdAt: 1, updatedAt: 1, version: 1 };
      expect(older.putChecklists([{ after: row }])).rejects.toThrow("another todos copy has taken over");
      await newer.putChecklists([{ after: row }]);
      expect((await newer.checklistsById(["x"])).get("x")).toEqual(row);
      expect(folder.path.length).toBeGreaterThan(0);
    },
    DEADLINE_MS,
  );

  test.each([
    [["--from", "sqlite:a.db"], "--to is missing"],
    [["--from", "sqlite:a.db", "--to", "sqlite:./a.db"], "name the same store"],
    [["--from", "cassandra:todos", "--to", "cassandra:"], "name the same store"],
    [["--from", "sqlite:a.db", "--to", "b.db"], "it must be sqlite:PATH, cassandra:KEYSPACE or cassandra:"],
    [["--from", "sqlite:a.db", "--to", "cassandra:No"], "a keyspace's name is"],
    [
      ["--from", "sqlite:a.db", "--to", "sqlite:b.db", "--finish", "--verify"],
      "use either --finish or --verify",
    ],
  ])("%p → 2", async (words, sentence) => {
    const { code, stderr } = await todos(["copy", ...words], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });

  test("cassandra: without endpoints → 2", async () => {
    const { code, stderr } = await todos(["copy", "--from", "sqlite:a.db", "--to", "cassandra:todos"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("needs CASSANDRA_ENDPOINTS")]);
  });
});

/** @returns the signal that ended it */
async function copyInChild(orders: object): Promise<unknown> {
  const child = Bun.spawn([process.execPath, CHILD, JSON.stringify(orders)], {
    stdout: "inherit",
    stderr: "inherit",
  });
  await child.exited;
  return child.signalCode;
}
