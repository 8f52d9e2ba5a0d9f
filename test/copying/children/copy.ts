// Copies a file into a keyspace, or back, and ends itself with kill -9 while it writes for the nth time.
import { openCassandraRows, openCassandraRowWriter } from "../../../src/adapters/cassandra/copying/open.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import { openSqliteRows } from "../../../src/adapters/sqlite/copying/reader.ts";
import { openSqliteRowWriter } from "../../../src/adapters/sqlite/copying/writer.ts";
import { copyOnce } from "../../../src/application/copy.ts";

interface Orders {
  readonly from: "sqlite" | "cassandra";
  readonly file: string;
  readonly settings: CassandraSettings;
  /** How many calls that write tasks it survives. */
  readonly survives: number;
}

const { from, file, settings, survives } = JSON.parse(process.argv[2] ?? "") as Orders;
const now = Date.now();
const source = from === "sqlite" ? openSqliteRows(file) : await openCassandraRows(settings, "the cluster");
const target =
  from === "sqlite"
    ? await openCassandraRowWriter(settings, "the cluster", now)
    : openSqliteRowWriter(file, now);

let calls = 0;
const put = target.putTasks.bind(target);
target.putTasks = async (...call) => {
  const done = put(...call);
  // The statements are on their way: some arrive, and some do not.
  if (++calls > survives) setImmediate(() => process.kill(process.pid, "SIGKILL"));
  await done;
};

await copyOnce({
  source,
  target,
  clock: { now: () => Date.now() },
  ids: { next: () => Bun.randomUUIDv7() },
  newChecksum: () => ({ add: () => undefined, end: () => "" }),
  stop: new AbortController().signal,
  pause: (ms) => Bun.sleep(ms),
  onStep: () => undefined,
  onDifference: () => undefined,
});
process.exit(0);
