import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "cassandra-driver";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import {
  type AccountService,
  firstAdmin,
  Person,
  startWithAccounts,
} from "../../acceptance/accounts/support.ts";
import { newId } from "../../contract/rows.ts";
import { builtBinary } from "../../support/binary.ts";
import { writePartitions } from "../../support/cassandra/bulk.ts";
import { type Cluster, startCassandra } from "../../support/cassandra/cluster.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { expectNotHeldUp, type Waits, waitOf } from "../../support/waits.ts";

const LISTS = 1_000_000;
const FILLED_TOGETHER = 30_000;
const FIRST_PAGE_MS_MAX = 10_000;
/** The share of all lists after which the service is killed. */
const KILLED_AT = 0.5;
const QUIET_MS = 10_000;
const READERS = 4;
const READ_EVERY_MS = 20;
const LOOK_EVERY_MS = 100;
const DEADLINE_MS = 3_600_000;
const TOKENS = 2 ** 64;

let cluster: Cluster;
let keyspace: Keyspace;

beforeAll(async () => {
  if (!FULL_SIZE) return;
  await builtBinary();
  cluster = await startCassandra({ commitLog: "periodic" });
  keyspace = await freshKeyspace(cluster);
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await keyspace?.client.shutdown();
  await cluster?.stop();
});

/** Lists as a service without accounts left them. @returns their ids, in order */
async function filled(client: Client): Promise<readonly string[]> {
  const made: string[] = [];
  const at = new Date();
  while (made.length < LISTS) {
    const ids = Array.from({ length: Math.min(FILLED_TOGETHER, LISTS - made.length) }, newId);
    const rows = ids.map((id) => [id, "Before", at, at]);
    const insert = "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, 1)";
    await writePartitions(client, insert, rows);
    made.push(...ids);
  }
  return made.sort();
}

interface Progress {
  readonly phase: string;
  /** Of all lists, by the place in their order. */
  readonly share: number;
}

async function progress(): Promise<Progress> {
  const found = await keyspace.client.execute("SELECT value FROM meta WHERE key = 'adoption'");
  const [phase = "", , place = ""] = String(found.first()?.value ?? "").split(" ");
  if (phase === "done") return { phase, share: 1 };
  return { phase, share: phase === "after" && place !== "" ? Number(place) / TOKENS + 0.5 : 0 };
}

async function until(reached: (seen: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const seen = await progress();
    if (reached(seen)) return seen;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** How long reads by the owner take, of one list and of a page by turns, until `end`. */
async function reads(owner: Person, list: string, end: Promise<unknown>): Promise<Waits> {
  const took: number[] = [];
  let goesOn = true;
  const ended = end.finally(() => {
    goesOn = false;
  });
  const paths = [`/checklists/${list}`, "/checklists?size=50"];
  const readers = Array.from({ length: READERS }, async (_, reader) => {
    for (let turn = reader; goesOn; turn++) {
      const startedAt = performance.now();
      const { status } = await owner.get(String(paths[turn % paths.length]));
      took.push(performance.now() - startedAt);
      expect(status).toBe(200);
      await Bun.sleep(READ_EVERY_MS);
    }
  });
  await Promise.all([ended, ...readers]);
  return took;
}

function described(waits: Waits): string {
  const [median, p99, longest] = [0.5, 0.99, 1].map((share) => waitOf(waits, share).toFixed(1));
  return `${waits.length} reads, median ${median}, 99 % ${p99}, longest ${longest} ms`;
}

/** In the order of the index. */
async function entriesOf(userId: string): Promise<string[]> {
  const select = "SELECT checklist_id FROM checklist_by_user WHERE user_id = ?";
  const ids: string[] = [];
  const rows = await keyspace.client.execute(select, [userId], { prepare: true, fetchSize: 5_000 });
  for await (const row of rows) ids.push(String(row.checklist_id));
  return ids;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

test.skipIf(!FULL_SIZE)(
  `the service with accounts turned on over ${LISTS} lists shows them at once, and adopts them behind its reads, also after kill -9 (at full size)`,
  async () => {
    const filledAt = performance.now();
    const made = await filled(keyspace.client);
    note(`Cassandra, ${LISTS} lists filled in ${seconds(performance.now() - filledAt)} s`);
    const [list = ""] = made;
    const folder = mkdtempSync(join(tmpdir(), "todos-adoption-"));
    using data = { folder, settings: {}, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    const settings = { ...cluster.environment, CASSANDRA_KEYSPACE: keyspace.settings.keyspace ?? "" };
    const start = (): Promise<AccountService> => startWithAccounts(settings, data);

    const startedAt = performance.now();
    await using service = await start();
    const readyMs = performance.now() - startedAt;
    const owner = await firstAdmin(service);
    const askedAt = performance.now();
    const first = (await owner.get("/checklists?size=50")).json();
    const now = performance.now();
    note(
      `Cassandra, accounts turned on over ${LISTS} lists: ready after ${readyMs.toFixed(0)} ms, first page of their owner after ${(now - startedAt).toFixed(0)} ms, itself ${(now - askedAt).toFixed(0)} ms`,
    );
    expect(first._embedded.checklists).toHaveLength(50);
    expect(now - startedAt).toBeLessThan(FIRST_PAGE_MS_MAX);

    const quiet = [...(await reads(owner, list, Bun.sleep(QUIET_MS)))];
    await until(({ phase }) => phase === "after");
    const beganAt = performance.now();
    const busy = [
      ...(await reads(
        owner,
        list,
        until(({ share }) => share >= KILLED_AT),
      )),
    ];
    const killedMs = performance.now() - beganAt;
    const peaks = [service.memoryPeakBytes()];
    await service.stop("SIGKILL");
    const left = await progress();
    expect(left.phase).toBe("after");

    const againAt = performance.now();
    await using next = await start();
    const person = new Person(next.url);
    person.cookie = owner.cookie;
    expect((await person.get("/checklists?size=50")).json()._embedded.checklists).toHaveLength(50);
    const pageMs = performance.now() - againAt;
    const onAt = performance.now();
    expect((await progress()).share).toBeGreaterThanOrEqual(left.share);
    busy.push(
      ...(await reads(
        person,
        list,
        until(({ phase }) => phase === "done"),
      )),
    );
    const restMs = performance.now() - onAt;
    peaks.push(next.memoryPeakBytes());
    note(
      `Cassandra, ${LISTS} lists adopted in ${seconds(killedMs + restMs)} s, ${((LISTS * 1_000) / (killedMs + restMs)).toFixed(0)} a second; killed at ${(left.share * 100).toFixed(0)} % after ${seconds(killedMs)} s, first page ${pageMs.toFixed(0)} ms after the next start, then ${seconds(restMs)} s; memory ${peaks.map(mebibytes).join(" and ")} MiB at most`,
    );
    quiet.push(...(await reads(person, list, Bun.sleep(QUIET_MS))));
    note(`beside adoption: ${described(busy)}; before and after it: ${described(quiet)}`);
    const { id } = (await person.get("/me")).json();
    const entries = (await entriesOf(id)).filter((each) => each !== INBOX_ID);
    expect(entries).toEqual([...made]);
    expectNotHeldUp(busy, quiet);
  },
  DEADLINE_MS,
);
