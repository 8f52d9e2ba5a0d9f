import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import type { Client } from "cassandra-driver";
import { unusedKeyspace } from "../adapters/cassandra/migration-support.ts";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { Client as Http, self } from "../support/client.ts";
import { EventReader } from "../support/events.ts";
import { scratchFolder, start, todos } from "./todos-process.ts";

const DEADLINE_MS = 60_000;

let cluster: Cluster;
let client: Client;

beforeAll(async () => {
  cluster = await sharedCassandra();
  client = cluster.client();
}, CASSANDRA_START_DEADLINE_MS);

afterAll(() => client?.shutdown());

const environment = (keyspace = unusedKeyspace()) => ({
  ...cluster.environment,
  CASSANDRA_KEYSPACE: keyspace,
  TODOS_LOG_FORMAT: "json",
});

describe("migrate", () => {
  test(
    "dry run, migrate, status and again: statements, progress, and results",
    async () => {
      const env = environment();
      const dry = await todos(["migrate", "--dry-run"], { env });
      expect(dry.code).toBe(0);
      expect(dry.stdout).toStartWith(
        `CREATE KEYSPACE IF NOT EXISTS ${env.CASSANDRA_KEYSPACE} WITH replication`,
      );
      expect(dry.stdout).toContain("ALTER TABLE todo ADD version int;\n");
      const pending = await todos(["migrate", "status"], { env });
      expect(pending.stdout).toMatch(/^pending {2}0001_baseline\npending {2}0002/);

      const first = await todos(["migrate"], { env });
      expect([first.code, first.stdout]).toEqual([0, pending.stdout.replaceAll("pending", "applied")]);
      expect(first.stderr).toContain("NetworkTopologyStrategy, 1 replica in datacenter1\n");
      expect(first.stderr).toContain("0002_versions_and_keys 1/14: ALTER TABLE checklist ADD version int\n");
      const second = await todos(["migrate"], { env });
      expect([second.code, second.stdout]).toEqual([0, ""]);
      expect(second.stderr).toContain("up to date, nothing to do");
      const status = await todos(["migrate", "status", "--json"], { env });
      expect(JSON.parse(status.stdout.split("\n")[0] ?? "")).toMatchObject({
        migration: "0001_baseline",
        state: "applied",
        appliedAt: expect.any(String),
      });
    },
    DEADLINE_MS,
  );

  test(
    "new-epoch after restoring a snapshot: another epoch, refused while the service runs; on SQLite → 2",
    async () => {
      const env = environment();
      await todos(["migrate"], { env });
      const meta = `SELECT value FROM ${env.CASSANDRA_KEYSPACE}.meta WHERE key = 'epoch'`;
      const epoch = async () => String((await client.execute(meta)).rows[0]?.value);
      const before = await epoch();
      const { code, stdout, stderr } = await todos(["migrate", "new-epoch", "--json"], { env });
      expect([code, JSON.parse(stdout)]).toEqual([0, { epoch: await epoch() }]);
      expect(await epoch()).not.toBe(before);
      expect(stderr).toContain("earlier ETags and event positions are no longer valid");

      const after = await epoch();
      await client.execute(
        `INSERT INTO ${env.CASSANDRA_KEYSPACE}.change_writer (shard, writer, seen_at) VALUES (0, 'w', toTimestamp(now()))`,
      );
      const refused = await todos(["migrate", "new-epoch"], { env });
      expect([refused.code, await epoch()]).toEqual([1, after]);
      expect(refused.stderr).toContain("stop every instance");
      expect((await todos(["migrate", "new-epoch"])).code).toBe(2);
    },
    DEADLINE_MS,
  );

  test(
    "baseline on a keyspace without the original's tables → 1, each difference; on SQLite → 2",
    async () => {
      const env = environment();
      await todos(["migrate"], { env });
      await client.execute(`DROP TABLE ${env.CASSANDRA_KEYSPACE}.todo`);
      const { code, stderr } = await todos(["migrate", "baseline"], { env });
      expect(code).toBe(1);
      expect(stderr).toContain("can't be taken over: there is no table todo");
      expect((await todos(["migrate", "baseline"])).code).toBe(2);
      expect((await todos(["migrate", "baseline", "--dry-run"], { env })).code).toBe(2);
    },
    DEADLINE_MS,
  );

  test.each([
    [
      { CASSANDRA_LOCAL_DATACENTER: "elsewhere" },
      "CASSANDRA_LOCAL_DATACENTER is elsewhere, but the nodes are in datacenter1",
    ],
    [{ CASSANDRA_SSL: "true", CASSANDRA_SSL_SERVER_NAME: "db.example" }, "CASSANDRA_SSL is true, but port"],
    [
      { CASSANDRA_SSL: "true", CASSANDRA_SSL_SERVER_NAME: "db.example", CASSANDRA_SSL_CA: "/nowhere/ca.pem" },
      "set CASSANDRA_SSL_CA to a readable PEM file",
    ],
    [{ CASSANDRA_ENDPOINTS: "nowhere.invalid" }, "no node of nowhere.invalid (CASSANDRA_ENDPOINTS) answers"],
    [{ CASSANDRA_PORT: "1" }, "(CASSANDRA_ENDPOINTS) answers on port 1: connect ECONNREFUSED"],
  ])(
    "%p → 1 and one sentence that names the setting",
    async (wrong, sentence) => {
      const { code, stderr, stdout } = await todos(["migrate"], { env: { ...environment(), ...wrong } });
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toStartWith("todos: ");
      expect(stderr).toContain(sentence);
      expect(stderr).not.toContain("bug");
    },
    DEADLINE_MS,
  );
});

describe("serve", () => {
  test(
    "a missing or old keyspace → 1 and the command to type; --migrate does it",
    async () => {
      const env = environment();
      const missing = await todos(["serve", "--port", "0"], { env });
      expect(missing.code).toBe(1);
      expect(missing.stderr).toContain(
        `keyspace ${env.CASSANDRA_KEYSPACE} (CASSANDRA_KEYSPACE) does not exist; create it and its tables with: todos migrate`,
      );
      await client.execute(
        `CREATE KEYSPACE ${env.CASSANDRA_KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
      );
      const old = await todos(["serve", "--port", "0"], { env });
      expect(old.code).toBe(1);
      expect(old.stderr).toContain("run: todos migrate (or start the service with --migrate)");

      await using service = await serving(env, ["--migrate"]);
      await service.says("ready");
      const made = await fetch(`${service.url}/checklists`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "Garden" }),
      });
      expect(made.status).toBe(201);
      const { store } = (await (await fetch(`${service.url}/actuator/info`)).json()) as { store: unknown };
      expect(store).toMatchObject({ kind: "cassandra", durability: expect.stringContaining("LOCAL_QUORUM") });
    },
    DEADLINE_MS,
  );

  test(
    "while no node answers: it says so and waits, alive and not ready; then it serves, with the same ETags",
    async () => {
      const env = environment();
      await todos(["migrate"], { env });
      using gate = await refusingPort();
      await using service = await serving({
        ...env,
        CASSANDRA_PORT: String(gate.port),
        TODOS_HEALTH_DETAILS: "always",
        TODOS_ALLOWED_HOSTS: "todos.example",
      });
      const waiting = await service.says("the store can't be opened yet, trying again");
      expect(waiting.reason).toContain(`answers on port ${gate.port}`);
      expect(await status(`${service.url}/actuator/health/liveness`)).toBe(200);
      expect(await status(`${service.url}/actuator/health/readiness`)).toBe(503);
      expect(await status(`${service.url}/actuator/health/startup`)).toBe(503);
      const refused = await fetch(`${service.url}/tasks`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ todo: "Water" }),
      });
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
      expect(await refused.json()).toMatchObject({ type: expect.stringContaining("store-unavailable") });
      const inbox = `${service.url}/checklists/00000000-0000-7000-8000-000000000000`;
      // A version that was seen elsewhere is not "stale" because this instance has no store yet.
      expect(
        (
          await fetch(inbox, {
            method: "PUT",
            headers: { "if-match": '"1.abc.x"', "content-type": "application/json" },
            body: '{"name":"In"}',
          })
        ).status,
      ).toBe(503);

      gate.forwardTo(cluster.node.address, cluster.port);
      await service.says("ready");
      expect(await status(`${service.url}/actuator/health/readiness`)).toBe(200);
      expect(await status(`${service.url}/tasks`)).toBe(200);
      await using other = await serving({ ...env, TODOS_ALLOWED_HOSTS: "todos.example" });
      await other.says("ready");
      const host = { host: "todos.example" };
      const [one, two] = await Promise.all(
        [service, other].map(({ url }) =>
          fetch(`${url}/checklists/00000000-0000-7000-8000-000000000000`, { headers: host }),
        ),
      );
      expect(one?.headers.get("etag")).toBe(two?.headers.get("etag") ?? "none");
    },
    DEADLINE_MS,
  );

  test(
    "with TODOS_SHARED_EVENTS=false it sends its own changes, and writes nothing to the log",
    async () => {
      const env = environment();
      await using service = await serving({ ...env, TODOS_SHARED_EVENTS: "false" }, ["--migrate"]);
      await service.says("ready");
      await using events = await EventReader.open(service.url);
      const task = await new Http(service.url).task({ todo: "Water" });
      expect(JSON.parse((await events.nextEvent()).data).href).toBe(self(task));
      for (const table of ["change_log", "change_writer"]) {
        const { rows } = await client.execute(`SELECT writer FROM ${env.CASSANDRA_KEYSPACE}.${table}`);
        expect([table, rows]).toEqual([table, []]);
      }
    },
    DEADLINE_MS,
  );

  test(
    "stopped while it waits for its store, it ends at once",
    async () => {
      await using service = await serving({ ...environment(), CASSANDRA_PORT: "1" });
      await service.says("the store can't be opened yet, trying again");
      service.process.kill("SIGTERM");
      expect(await service.process.exited).toBe(0);
    },
    DEADLINE_MS,
  );

  test(
    "on SQLite the Cassandra driver is never loaded",
    async () => {
      using folder = scratchFolder();
      const probe = folder.file("probe.ts");
      await Bun.write(
        probe,
        `import { plugin } from "bun";
       plugin({ name: "probe", setup(build) { build.module("cassandra-driver", () => { throw new Error("loaded it"); }); } });`,
      );
      await using service = await serving({ BUN_OPTIONS: `--preload ${probe}` }, [
        "--sqlite",
        folder.file("a.db"),
      ]);
      await service.says("ready");
      expect(await status(`${service.url}/checklists`)).toBe(200);
      const other = await todos(["migrate"], {
        env: { ...environment(), BUN_OPTIONS: `--preload ${probe}` },
      });
      expect(other.stderr).toContain("loaded it");
    },
    DEADLINE_MS,
  );
});

async function status(url: string): Promise<number> {
  return (await fetch(url)).status;
}

interface Serving extends AsyncDisposable {
  readonly url: string;
  readonly process: ReturnType<typeof start>;
  /** Waits for the log line with that message. @throws Error if the output ends before */
  says(message: string): Promise<Record<string, unknown>>;
}

/** A service that listens, whether its store is there or not. */
async function serving(env: Record<string, string>, words: readonly string[] = []): Promise<Serving> {
  const child = start(["serve", "--port", "0", ...words], { env: { TODOS_LOG_FORMAT: "json", ...env } });
  const lines: Record<string, unknown>[] = [];
  let news = Promise.withResolvers<void>();
  let ended = false;
  void (async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      text += decoder.decode(bytes, { stream: true });
      const whole = text.split("\n");
      text = whole.pop() ?? "";
      lines.push(...whole.map((line) => JSON.parse(line)));
      news.resolve();
      news = Promise.withResolvers();
    }
    ended = true;
    news.resolve();
  })();
  const says = async (message: string) => {
    for (;;) {
      const line = lines.find((each) => each.message === message);
      if (line) return line;
      if (ended) throw new Error(`it never said "${message}": ${await new Response(child.stderr).text()}`);
      await news.promise;
    }
  };
  const listening = await Promise.race([says("listening; not ready until the store is"), says("ready")]);
  return {
    url: String(listening.url),
    process: child,
    says,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

interface Gate extends Disposable {
  readonly port: number;
  /** From now on it lets everyone through. */
  forwardTo(host: string, port: number): void;
}

/** A port that closes every connection at once, until it gets a target. */
async function refusingPort(): Promise<Gate> {
  const { connect } = await import("node:net");
  let target: { host: string; port: number } | undefined;
  const server: Server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    if (!target) return void socket.destroy();
    const onward = connect(target);
    onward.on("error", () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    forwardTo: (host, port) => {
      target = { host, port };
    },
    [Symbol.dispose]: () => server.close(),
  };
}
