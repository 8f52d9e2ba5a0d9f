import { join } from "node:path";
import { $ } from "bun";
import { cassandraProblem, measuredCassandra, untilReady } from "../support/cassandra.ts";
import { forgetPrograms, todosBinary } from "../support/contestants.ts";
import { freePort } from "../support/port.ts";
import { memory, quietEnvironment, type Running, start } from "../support/process.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { INBOX_PATH } from "../support/seed.ts";
import { median, medianRatio } from "../support/statistics.ts";
import { load } from "../support/wrk.ts";
import { firstAnswerMs } from "./startup.ts";

/** More than this share of the earlier executable's figure counts as slower. */
const RATIO_MAX = 1.03;
const SETTLE_MS = 2_000;
const CONNECTIONS = 32;
const MEMORY_ROUNDS = 7;
/** Until the code for the driver is compiled. */
const WARM_UPS = 2;
/** As many as it takes to tell 3 % from chance. */
const STARTS_ROUNDS = 5;
const LOAD_ROUNDS = 3;

type Environment = Readonly<Record<string, string>>;

/** One of the two executables, and where its rows are. */
interface Side {
  readonly program: string;
  readonly environment: Environment;
}

/**
 * An earlier executable against this one, turn by turn: time to the first answer, memory, and processor time for one
 * request, on SQLite and on Cassandra. Each has its own rows and migrates them itself.
 * @param program the earlier executable
 */
export async function beforeRows(bench: Bench, program: string): Promise<Row[]> {
  const programs = { now: todosBinary(), before: program };
  const file = (name: string): Environment => ({ TODOS_SQLITE_PATH: join(bench.folder, `${name}.db`) });
  const sides = [
    await migratedSide(programs.now, file("now")),
    await migratedSide(programs.before, file("before")),
  ] as const;
  await forgetPrograms([programs.now, programs.before]);
  const rows = [
    await row(
      "exec → first 200 of the health resource",
      "ms",
      sides,
      STARTS_ROUNDS * bench.startsPerProgram,
      firstOf,
    ),
    await row("memory (RSS), idle", "MiB", sides, MEMORY_ROUNDS, idleMib),
    ...(await loadRows("", sides, bench)),
  ];
  if ((await cassandraProblem()) !== undefined) return rows;
  await using cluster = await measuredCassandra();
  const keyspace = (name: string): Environment => ({ ...cluster.environment, CASSANDRA_KEYSPACE: name });
  const onCassandra = [
    await migratedSide(programs.now, keyspace("now")),
    await migratedSide(programs.before, keyspace("before")),
  ] as const;
  return [...rows, ...(await loadRows(" on Cassandra", onCassandra, bench))];
}

type Sides = readonly [now: Side, before: Side];

async function migratedSide(program: string, more: Environment): Promise<Side> {
  const environment = { ...quietEnvironment(), ...more };
  await $`${program} migrate`.env(environment).quiet();
  return { program, environment };
}

const served = ({ program, environment }: Side): Promise<Running> =>
  start([program, "serve", "--port", "0"], environment);

async function firstOf({ program, environment }: Side): Promise<number> {
  const port = await freePort();
  const command = [program, "serve", "--port", String(port)];
  return firstAnswerMs({ path: "/actuator/health", command: () => command }, port, environment);
}

async function idleMib(side: Side): Promise<number> {
  const server = await served(side);
  try {
    await fetch(`${server.url}/actuator/health`);
    await Bun.sleep(SETTLE_MS);
    return memory(server.pid).rssMib;
  } finally {
    await server.stop();
  }
}

/** Reads, creations and pages of what they made, of both, at 32 connections. */
async function loadRows(where: string, [now, before]: Sides, { rounds, seconds }: Bench): Promise<Row[]> {
  const servers = [await served(now), await served(before)] as const;
  const rows: Row[] = [];
  try {
    for (const server of servers) await untilReady(server);
    for (const [what, method, path] of [
      ["GET one checklist", "get", INBOX_PATH],
      ["POST a checklist", "post", "/checklists"],
      ["GET a page of checklists", "get", "/checklists"],
    ] as const) {
      const cpuUs = async (server: Running): Promise<number> =>
        (await load(server, { seconds, connections: CONNECTIONS, path, method })).cpuUs;
      for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) for (const server of servers) await cpuUs(server);
      rows.push(
        await row(`${what}${where}, processor time`, "µs/request", servers, LOAD_ROUNDS * rounds, cpuUs),
      );
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  return rows;
}

async function row<T>(
  what: string,
  unit: string,
  [now, before]: readonly [T, T],
  rounds: number,
  measured: (side: T) => Promise<number>,
): Promise<Row> {
  const taken: { readonly now: number[]; readonly before: number[] } = { now: [], before: [] };
  // In turns, since a program that is measured later finds a warmer machine.
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) taken.now.push(await measured(now));
    taken.before.push(await measured(before));
    if (round % 2 === 1) taken.now.push(await measured(now));
  }
  const ratio = medianRatio(taken.now, taken.before);
  return {
    what,
    unit,
    todos: median(taken.now),
    limit: { value: median(taken.before), name: "before" },
    goal: ratioGoal(`≤ ${RATIO_MAX} of before`, ratio, ratio <= RATIO_MAX),
  };
}
