import { migrated, startLimit, startTodos } from "../support/contestants.ts";
import type { Running } from "../support/process.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { medianOf, medianRatio } from "../support/statistics.ts";
import { type Load, load } from "../support/wrk.ts";

const GOAL_OF_LIMIT = 0.8;
const CONNECTIONS = 32;
const PATH = "/checklists";

interface Sample extends Load {
  /** Writes that shared one fsync. */
  readonly perCommit: number;
}

interface Tally {
  readonly writes: number;
  readonly commits: number;
}

interface Contestant {
  readonly server: Running;
  readonly path: string;
  tally(): Promise<Tally>;
}

/** Checklists created at 32 connections, every one on disk before its answer. */
export async function writeRows(bench: Bench): Promise<{ rows: Row[]; limitPerSecond: number }> {
  await using servers = new AsyncDisposableStack();
  const contestants = await started(bench);
  for (const { server } of contestants) servers.defer(() => server.stop());
  for (const contestant of contestants) await sampled(contestant, 1);
  const samples = contestants.map((): Sample[] => []);
  for (let round = 0; round < bench.rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      samples[index]?.push(await sampled(contestant, bench.seconds));
    }
  }
  const [ours = [], grouped = [], unsafe = [], go = []] = samples;
  return {
    rows: rows(ours, grouped, unsafe, go),
    limitPerSecond: medianOf(grouped, (each) => each.perSecond),
  };
}

async function started({ folder, peer }: Bench): Promise<Contestant[]> {
  const todos = await startTodos(await migrated(folder, "writes-todos"));
  const grouped = await startLimit("group-commit", await migrated(folder, "writes-grouped"));
  const unsafe = await startLimit("answers", await migrated(folder, "writes-unsafe"), "OFF");
  const untold = async (): Promise<Tally> => ({ writes: 0, commits: 0 });
  return [
    { server: todos, path: PATH, tally: () => prometheusTally(todos) },
    { server: grouped, path: PATH, tally: async () => (await (await fetch(grouped.url)).json()) as Tally },
    { server: unsafe, path: PATH, tally: untold },
    ...(peer ? [{ server: await peer.start(), path: peer.collectionPath, tally: untold }] : []),
  ];
}

async function sampled({ server, path, tally }: Contestant, seconds: number): Promise<Sample> {
  const before = await tally();
  const seen = await load(server, { seconds, connections: CONNECTIONS, path, method: "post" });
  const after = await tally();
  return { ...seen, perCommit: (after.writes - before.writes) / (after.commits - before.commits) };
}

async function prometheusTally({ url }: Running): Promise<Tally> {
  const text = await (await fetch(`${url}/actuator/prometheus`)).text();
  const value = (name: string): number =>
    Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m").exec(text)?.[1]);
  return {
    writes: value("todos_store_group_commit_writes_sum"),
    commits: value("todos_store_group_commit_writes_count"),
  };
}

function rows(ours: Sample[], grouped: Sample[], unsafe: Sample[], go: Sample[]): Row[] {
  const rate = (each: Load): number => each.perSecond;
  const cpu = (each: Load): number => each.cpuUs;
  const perCommit = (each: Sample): number => each.perCommit;
  const ratio = medianRatio(ours.map(rate), grouped.map(rate));
  const goal = ratioGoal(`todos/limit ≥ ${GOAL_OF_LIMIT}`, ratio, ratio >= GOAL_OF_LIMIT);
  const name = "bare group commit";
  return [
    {
      what: "POST a checklist, fsynced, 32 connections",
      unit: "requests/s",
      todos: medianOf(ours, rate),
      limit: { value: medianOf(grouped, rate), name },
      ...(go.length > 0 ? { peer: medianOf(go, rate) } : {}),
      goal,
      note: `p99 ${medianOf(ours, (each) => each.p99Ms).toFixed(1)} ms`,
    },
    {
      what: "POST a checklist, server's processor time",
      unit: "µs/request",
      todos: medianOf(ours, cpu),
      limit: { value: medianOf(grouped, cpu), name },
      ...(go.length > 0 ? { peer: medianOf(go, cpu) } : {}),
      note: `without fsync, one commit a write: ${medianOf(unsafe, cpu).toFixed(1)} µs, ${medianOf(unsafe, rate).toFixed(0)}/s`,
    },
    {
      what: "POST a checklist, writes sharing one fsync",
      unit: "writes",
      todos: medianOf(ours, perCommit),
      limit: { value: medianOf(grouped, perCommit), name },
    },
  ];
}
