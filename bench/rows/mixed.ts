import { migrated, startLimit, startTodos } from "../support/contestants.ts";
import { atMost, type Bench, type Row } from "../support/row.ts";
import { INBOX_PATH } from "../support/seed.ts";
import { medianOf } from "../support/statistics.ts";
import { type Load, load } from "../support/wrk.ts";

const GOAL_P99_MS = 5;
const READERS = 8;
const WRITERS = 64;

interface Sample {
  readonly reads: Load;
  readonly writes: Load;
}

/** Readers that never pause, together with writers at half the rate of a bare program. */
export async function mixedRows(bench: Bench, writeLimitPerSecond: number): Promise<Row[]> {
  const rate = Math.round(writeLimitPerSecond / 2);
  await using servers = new AsyncDisposableStack();
  const todos = await startTodos(await migrated(bench.folder, "mixed-todos"));
  servers.defer(() => todos.stop());
  const bare = await startLimit("answers", await migrated(bench.folder, "mixed-bare"), "FULL");
  servers.defer(() => bare.stop());
  const samples: { ours: Sample; bare: Sample }[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    samples.push({
      ours: await sampled(todos, rate, bench.seconds),
      bare: await sampled(bare, rate, bench.seconds),
    });
  }
  const p99 = medianOf(samples, ({ ours }) => ours.reads.p99Ms);
  const written = medianOf(samples, ({ ours }) => ours.writes.perSecond);
  const read = medianOf(samples, ({ ours }) => ours.reads.perSecond);
  return [
    {
      what: `reads during ${rate} durable writes/s, p99`,
      unit: "ms",
      todos: p99,
      limit: {
        value: medianOf(samples, (each) => each.bare.reads.p99Ms),
        name: "one fsync a write, one thread",
      },
      goal: atMost(p99, GOAL_P99_MS, "ms"),
      note: `${read.toFixed(0)} reads/s by ${READERS} readers, ${written.toFixed(0)} writes/s done`,
    },
  ];
}

async function sampled(server: Parameters<typeof load>[0], rate: number, seconds: number): Promise<Sample> {
  const [reads, writes] = await Promise.all([
    load(server, { seconds, connections: READERS, path: INBOX_PATH }),
    load(server, { seconds, connections: WRITERS, path: "/checklists", method: "post", rate }),
  ]);
  return { reads, writes };
}
