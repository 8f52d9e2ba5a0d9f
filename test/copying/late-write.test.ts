import { beforeAll, expect, test } from "bun:test";
import { openCassandraRows } from "../../src/adapters/cassandra/copying/open.ts";
import { openCassandraStore } from "../../src/adapters/cassandra/store.ts";
import { openSqliteRowWriter } from "../../src/adapters/sqlite/copying/writer.ts";
import { ANYONE } from "../../src/application/caller.ts";
import { Checklists } from "../../src/application/checklists.ts";
import type { RowReader } from "../../src/application/copy/ports.ts";
import { type CopyStep, finishCopy } from "../../src/application/copy.ts";
import { newChecksum } from "../../src/commands/support/copying.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { KeptLog, KeptMeter, scratchFolder } from "../adapters/sqlite/support.ts";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { freshKeyspace } from "../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await sharedCassandra();
}, CASSANDRA_START_DEADLINE_MS);

const clock = { now: Date.now };
const ids = { next: () => Bun.randomUUIDv7() };

test("a write just before the last check, whose note lags behind it, is not missed by copy --finish", async () => {
  using folder = scratchFolder();
  await using keyspace = await freshKeyspace(cluster);
  const { settings } = keyspace;
  const store = await openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock });
  const feed = store.feed();
  const lists = new Checklists({ store, feed, clock, ids, random: Math.random });
  const made = await lists.create(ANYONE, "early");
  if (made.outcome !== "created") throw new Error(made.outcome);
  await using rows = await openCassandraRows(settings, "source");
  await using target = openSqliteRowWriter(folder.file("b.db"), clock.now());
  let comparing = 0;
  let ageMs = 0;
  let writtenAt = 0;
  // As soon as its row has been read for comparison, the list is renamed: only the last check can notice.
  const source = new Proxy<RowReader>(rows, {
    get(reader, member) {
      const value: unknown = Reflect.get(reader, member, reader);
      if (member === "tasksAfter") {
        return async (...where: Parameters<RowReader["tasksAfter"]>) => {
          const page = await reader.tasksAfter(...where);
          if (comparing === 1 && writtenAt === 0 && where[0] === made.row.id) {
            await lists.change(ANYONE, made.row.id, { name: "late" }, UNGUARDED);
            writtenAt = performance.now();
          }
          return page;
        };
      }
      if (member === "writesSeen" && writtenAt > 0 && ageMs === 0) ageMs = performance.now() - writtenAt;
      return typeof value === "function" ? value.bind(reader) : value;
    },
  });
  const end = await finishCopy({
    source,
    target,
    clock,
    ids,
    newChecksum,
    stop: new AbortController().signal,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onStep: ({ step, round }: CopyStep) => {
      if (step === "comparing") comparing = round;
    },
    onDifference: () => undefined,
  });
  expect(writtenAt).toBeGreaterThan(0);
  const copied = await target.checklistsById([made.row.id]);
  expect([end.outcome, copied.get(made.row.id)?.name]).toEqual(["equal", "late"]);
  expect(end).toMatchObject({ rounds: 2 });
  console.log(
    `note: a write ${Math.round(ageMs)} ms before the last look of copy --finish was seen, and copied in a second round`,
  );
  await feed.close();
  await store.close();
}, 180_000);
