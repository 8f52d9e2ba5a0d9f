import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { finished } from "../support/binary.ts";
import { Client, NDJSON, problem, type Reply } from "../support/client.ts";
import { RawConnection } from "../support/raw.ts";
import { type Data, runTodos, type Settings, scratchData, startService } from "../support/service.ts";

const DEADLINE_MS = 60_000;
const DISK_BYTES = 24 * 1024 * 1024;

function fileOf(data: Data): string {
  return data.settings.TODOS_SQLITE_PATH ?? "";
}

/** Runs a `serve` that must not start. @returns its message, which must be one line */
async function refusal(data: Data, settings: Settings = {}): Promise<string> {
  const { exitCode, stderr, stdout } = await runTodos(["serve"], data, settings);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).not.toMatch(/\n\s+at |\.ts:\d/);
  return stderr;
}

describe("serve exits with 1 and one clear sentence for", () => {
  test("a second serve on the same file, and the first keeps running", async () => {
    await using first = await startService();
    const said = await refusal(first.data);
    expect(said).toContain(fileOf(first.data));
    expect(said).toContain(`pid ${first.process.pid}`);
    expect((await new Client(first.url).post("/tasks", { todo: "x" })).status).toBe(201);
  });

  test("a file that is not a database, which stays as it is", async () => {
    using data = scratchData();
    writeFileSync(fileOf(data), "Dear diary,\n".repeat(1_000));
    expect(await refusal(data)).toMatch(/todos\.db.*(not|no) .*database/i);
    expect(readFileSync(fileOf(data), "utf8")).toBe("Dear diary,\n".repeat(1_000));
  });

  test("a database of another program, which stays as it is", async () => {
    using data = scratchData();
    const foreign = new Database(fileOf(data), { create: true });
    foreign.run("CREATE TABLE recipe (name TEXT)");
    foreign.close();
    const before = readFileSync(fileOf(data));
    expect((await refusal(data)).length).toBeGreaterThan(20);
    expect(readFileSync(fileOf(data)).equals(before)).toBe(true);
  });

  test("a database newer than the binary", async () => {
    using data = scratchData();
    const service = await startService({}, data);
    await service.stop();
    const db = new Database(fileOf(data));
    const table = String(
      db
        .query("SELECT name FROM sqlite_master WHERE name LIKE '%migration%' AND type = 'table'")
        .values()[0]?.[0],
    );
    const columns = db.query(`SELECT * FROM ${table} ORDER BY 1 DESC LIMIT 1`).get() as Record<
      string,
      unknown
    >;
    const names = Object.keys(columns);
    const row = names.map((name, i) => (i === 0 ? 9_999 : columns[name])) as (string | number)[];
    db.query(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`).run(
      ...row,
    );
    db.run("PRAGMA user_version = 9999");
    db.close();
    expect(await refusal(data)).toMatch(/newer/i);
  });

  test("a folder where the file should be", async () => {
    using data = scratchData();
    mkdirSync(fileOf(data));
    expect(await refusal(data)).toContain("todos.db");
  });

  test("a port in use, and no file is created", async () => {
    await using first = await startService();
    using data = scratchData();
    const port = new URL(first.url).port;
    expect(await refusal(data, { TODOS_PORT: port })).toContain(port);
    expect(readdirSync(data.folder)).toEqual([]);
  });

  test("a folder that is not writable", async () => {
    await using disk = await ownDisk("ro");
    expect(await refusal(disk)).toContain(disk.folder);
  });
});

/** A folder on a separate disk. @param options how it is mounted: `size=` bytes, `ro` */
async function ownDisk(options: string): Promise<Data & AsyncDisposable> {
  const data = scratchData();
  const disk = join(data.folder, "disk");
  mkdirSync(disk);
  const mounted = await finished(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]);
  if (mounted.exitCode !== 0) throw new Error(`this test needs a disk of its own: ${mounted.stderr}`);
  const dispose = async () => {
    await finished(["umount", "--lazy", disk]);
    data[Symbol.dispose]();
  };
  return { ...scratchData(disk), [Symbol.asyncDispose]: dispose };
}

/** Leaves no room for even the smallest write. */
function takeAllRoom(path: string): void {
  for (let bytes = 1024 * 1024; bytes >= 4_096; bytes /= 2) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(bytes));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes("ENOSPC")) throw error;
    }
  }
}

test(
  "a full disk: writes get 503 with Retry-After, reads continue, and with room everything works again",
  async () => {
    await using disk = await ownDisk(`size=${DISK_BYTES}`);
    await using service = await startService({ TODOS_HEALTH_DETAILS: "always" }, disk);
    const client = new Client(service.url);
    const acknowledged = [(await client.task({ todo: "Before" })).id];
    takeAllRoom(join(disk.folder, "filler"));
    let refused: Reply | undefined;
    for (let i = 0; i < 5_000 && !refused; i++) {
      const reply = await client.post("/tasks", { todo: "More", description: "x".repeat(9_000) });
      if (reply.status === 201) acknowledged.push(reply.json().id);
      else refused = reply;
    }
    expect(problem(refused as Reply)).toEqual({ status: 503, code: "store-unavailable", pointers: [] });
    expect(Number(refused?.header("retry-after"))).toBeGreaterThan(0);
    expect((await client.get("/tasks?size=1")).status).toBe(200);
    expect((await client.get("/actuator/health/liveness")).status).toBe(200);
    while ((await client.get("/actuator/health/readiness")).status === 200) await Bun.sleep(100);
    rmSync(join(disk.folder, "filler"));
    for (let status = 0; status !== 201; ) {
      const reply = await client.post("/tasks", { todo: "After" });
      status = reply.status;
      if (status === 201) acknowledged.push(reply.json().id);
      else expect(status).toBe(503);
    }
    while ((await client.get("/actuator/health/readiness")).status !== 200) await Bun.sleep(100);
    expect(
      (await client.allIds("/tasks?size=200", "tasks")).filter((id) => acknowledged.includes(id)),
    ).toEqual(acknowledged);
  },
  DEADLINE_MS,
);

test(
  "a store that fails during a stream breaks the connection, and is logged",
  async () => {
    using data = scratchData();
    const service = await startService({}, data);
    const client = new Client(service.url);
    for (let i = 0; i < 20; i++) {
      await Promise.all(
        Array.from({ length: 100 }, () =>
          client.post("/tasks", { todo: "x", description: "y".repeat(9_999) }),
        ),
      );
    }
    await service.stop();
    await using again = await startService({}, data);
    using connection = await RawConnection.open(again.url);
    connection.socket.pause();
    connection.send(`GET /tasks HTTP/1.1\r\nHost: x.example\r\nAccept: ${NDJSON}\r\n\r\n`);
    expect((await new Client(again.url).get("/")).status).toBe(200);
    // The file loses rows that the stream has yet to read.
    writeFileSync(fileOf(data), readFileSync(fileOf(data)).subarray(0, 65_536));
    connection.socket.resume();
    const got = await connection.toEnd();
    expect(got).toStartWith("HTTP/1.1 200 OK");
    expect(got.endsWith("\r\n0\r\n\r\n")).toBe(false);
    await again.logged(({ message }) => message === "a stream broke off");
    await again.stop("SIGKILL");
    expect(existsSync(fileOf(data))).toBe(true);
  },
  DEADLINE_MS,
);

test(
  "a removed database: no write is acknowledged from then on, and health is DOWN; put back, everything works",
  async () => {
    await using service = await startService();
    const client = new Client(service.url);
    await client.task({ todo: "Before" });
    const away = `${fileOf(service.data)}.away`;
    renameSync(fileOf(service.data), away);
    const refused = await client.post("/tasks", { todo: "Lost?" });
    expect(problem(refused)).toEqual({ status: 503, code: "store-unavailable", pointers: [] });
    expect(refused.json().detail).toContain("removed or replaced");
    while ((await client.get("/actuator/health")).status === 200) await Bun.sleep(100);
    renameSync(away, fileOf(service.data));
    expect((await client.post("/tasks", { todo: "After" })).status).toBe(201);
    while ((await client.get("/actuator/health")).status !== 200) await Bun.sleep(100);
    expect((await client.get("/tasks")).json()._embedded.tasks).toHaveLength(2);
  },
  DEADLINE_MS,
);

test(
  "a database with overwritten pages: reads of them are 503 store-damaged, so are writes, and health is DOWN",
  async () => {
    using data = scratchData();
    const service = await startService({}, data);
    const client = new Client(service.url);
    const task = () => client.post("/tasks", { todo: "x", description: "y".repeat(9_999) });
    await Promise.all(Array.from({ length: 50 }, task));
    await service.stop();
    writeFileSync(fileOf(data), readFileSync(fileOf(data)).fill(0xff, 100_000));
    await using again = await startService({}, data);
    const visitor = new Client(again.url);
    const damaged = { status: 503, code: "store-damaged", pointers: [] };
    expect(problem(await visitor.get("/tasks?size=200"))).toEqual(damaged);
    expect(problem(await visitor.post("/tasks", { todo: "x" }))).toEqual(damaged);
    expect((await visitor.get("/problems/store-damaged")).status).toBe(200);
    while ((await visitor.get("/actuator/health/readiness")).status === 200) await Bun.sleep(100);
    expect((await visitor.get("/actuator/health/liveness")).status).toBe(200);
  },
  DEADLINE_MS,
);
