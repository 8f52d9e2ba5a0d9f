import { type Served, type Settings, send, startWithAccounts } from "../support/accounts.ts";
import type { BenchKeyspace } from "../support/cassandra.ts";
import { migrated, startTodos, todosCommand } from "../support/contestants.ts";
import { freePort } from "../support/port.ts";
import { memoryPeakMib, quietEnvironment, type Running } from "../support/process.ts";
import { atMost, type Bench, type Row, ratioGoal } from "../support/row.ts";
import { INBOX_PATH } from "../support/seed.ts";
import { median, medianOf, medianRatio } from "../support/statistics.ts";
import { load } from "../support/wrk.ts";
import { firstAnswerMs } from "./startup.ts";

const GOAL_OF_WITHOUT = 1.1;
const GOAL_ON_CASSANDRA = 1.15;
/** Many short turns: what a request costs through the driver depends most on what else the machine does. */
const SECONDS_ON_CASSANDRA = 1;
const TURNS_ON_CASSANDRA = 6;
/** JavaScript is compiled while it runs: the first requests through the driver cost twice the time. */
const WARM_UPS_ON_CASSANDRA = 10;
const GOAL_P99_MS = 20;
const GOAL_MIB = 150;
const GOAL_START_MS = 25;
const CONNECTIONS = 32;
/** So many that hardly a millisecond passes without a commit. */
const WRITES_PER_SECOND = 1_000;
const WRITERS = 4;
const SIGN_INS = 50;
const READERS = 8;

/** What accounts cost on SQLite: a read, many sign-ins at once, a start. */
export async function accountRows(bench: Bench): Promise<Row[]> {
  const { folder } = bench;
  const without = await startTodos(await migrated(folder, "without-accounts"));
  const accounts = await startWithAccounts({ TODOS_SQLITE_PATH: await migrated(folder, "accounts") });
  try {
    const sides = { without, accounts };
    const plan = { rounds: 3 * bench.rounds, seconds: bench.seconds };
    const duringWrites = { ...LIST, when: ` during ${WRITES_PER_SECOND} writes/s` };
    return [
      ...(await readRows(LIST, sides, plan, GOAL_OF_WITHOUT)),
      ...(await readRows(TASK, sides, plan, GOAL_OF_WITHOUT)),
      ...(await readRows(duringWrites, sides, plan, GOAL_OF_WITHOUT)),
      ...(await signInRows(accounts, bench)),
      await startRow(bench),
    ];
  } finally {
    await without.stop();
    await accounts.stop();
  }
}

/** A read on Cassandra. @param keyspaces empty ones */
export async function accountRowsOnCassandra(
  keyspaces: readonly [without: BenchKeyspace, accounts: BenchKeyspace],
  { cassandra }: Bench,
): Promise<Row[]> {
  const without = await keyspaces[0].startTodos();
  try {
    const accounts = await startWithAccounts(keyspaces[1].environment);
    try {
      const plan = {
        rounds: TURNS_ON_CASSANDRA * cassandra.rounds,
        seconds: SECONDS_ON_CASSANDRA,
        warmUps: WARM_UPS_ON_CASSANDRA,
      };
      const rows = await readRows(LIST, { without, accounts }, plan, GOAL_ON_CASSANDRA);
      return rows.map((row) => ({ ...row, what: `Cassandra: ${row.what}` }));
    } finally {
      await accounts.stop();
    }
  } finally {
    await without.stop();
  }
}

interface Sides {
  readonly without: Running;
  readonly accounts: Served;
}

/** What is read. */
interface Read {
  readonly what: string;
  /** Its path, made if need be. */
  path(server: Running, headers: Settings): Promise<string>;
  /** During writes; absent: without. */
  readonly when?: string;
}

const LIST: Read = { what: "one checklist", path: async () => INBOX_PATH };
/** It has no links that depend on the caller. In a list of its own: of the inbox, they name the list only with accounts. */
const TASK: Read = {
  what: "one task",
  path: async ({ url }, headers) => {
    const list = await madeAt(url, "/checklists", { name: "Shopping" }, headers);
    const id = list.slice("/checklists/".length);
    return madeAt(url, `/tasks?checklist=${id}`, { todo: "Buy milk" }, headers);
  },
};

async function madeAt(url: string, path: string, body: object, headers: Settings): Promise<string> {
  const { pathname, search } = new URL((await send(url, path, body, headers)).headers.get("location") ?? "");
  return pathname + search;
}

interface Plan extends Pick<Bench, "rounds" | "seconds"> {
  /** Rounds before those that count; by default one. */
  readonly warmUps?: number;
}

/** One row, read in turns without accounts and with them, by token and by cookie. */
async function readRows(
  { what, path, when = "" }: Read,
  { without, accounts }: Sides,
  { rounds, seconds, warmUps = 1 }: Plan,
  goal: number,
): Promise<Row[]> {
  const { BENCH_AUTHORIZATION: authorization = "" } = accounts.token;
  const paths = new Map<Running, string>([
    [without, await path(without, {})],
    [accounts, await path(accounts, { authorization })],
  ]);
  const read = async (server: Running, variables: Settings): Promise<number> => {
    const options = { seconds, connections: CONNECTIONS, path: paths.get(server) ?? "", variables };
    const writes = when === "" ? [] : [written(server, accounts, seconds)];
    const [{ cpuUs }] = await Promise.all([load(server, options), ...writes]);
    return cpuUs;
  };
  const ways = {
    none: () => read(without, {}),
    token: () => read(accounts, accounts.token),
    cookie: () => read(accounts, accounts.cookie),
  };
  const taken: Record<keyof typeof ways, number[]> = { none: [], token: [], cookie: [] };
  let order = Object.keys(ways) as (keyof typeof ways)[];
  for (let round = -warmUps; round < rounds; round++) {
    for (const way of order) {
      const cpuUs = await ways[way]();
      if (round >= 0) taken[way].push(cpuUs);
    }
    // None is always the first or the last.
    order = [...order.slice(1), ...order.slice(0, 1)];
  }
  return (["token", "cookie"] as const).map((way) => {
    const ratio = medianRatio(taken[way], taken.none);
    return {
      what: `GET ${what} by ${way}${when}, processor time`,
      unit: "µs/request",
      todos: median(taken[way]),
      limit: { value: median(taken.none), name: "without accounts" },
      goal: ratioGoal(`≤ ${goal} of without`, ratio, ratio <= goal),
    };
  });
}

function written(server: Running, accounts: Served, seconds: number) {
  return load(server, {
    seconds,
    connections: WRITERS,
    path: "/tasks",
    method: "post",
    rate: WRITES_PER_SECOND,
    variables: { BENCH_MEMBER: "todo", ...(server === accounts ? accounts.token : {}) },
  });
}

/** Many sign in at the same moment, while others read. */
async function signInRows(accounts: Served, { rounds }: Bench): Promise<Row[]> {
  const people: { login: string; password: string }[] = [];
  for (let index = 0; index < SIGN_INS; index++) {
    const login = `user-${index}`;
    people.push({ login, password: await accounts.user(login) });
  }
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const reading = load(accounts, {
      seconds: 3,
      connections: READERS,
      path: INBOX_PATH,
      variables: accounts.token,
    });
    await Promise.all(people.map((person) => send(accounts.url, "/sessions", person)));
    samples.push(await reading);
  }
  const p99 = medianOf(samples, (each) => each.p99Ms);
  const peak = memoryPeakMib(accounts.pid);
  const perSecond = medianOf(samples, (each) => each.perSecond);
  const what = `${SIGN_INS} sign-ins at once`;
  return [
    {
      what: `reads during ${what}, p99`,
      unit: "ms",
      todos: p99,
      goal: atMost(p99, GOAL_P99_MS, "ms"),
      note: `${perSecond.toFixed(0)} reads/s by ${READERS} readers`,
    },
    {
      what: `memory (RSS), peak after ${what}`,
      unit: "MiB",
      todos: peak,
      goal: atMost(peak, GOAL_MIB, "MiB"),
    },
  ];
}

async function startRow({ folder, startsPerProgram }: Bench): Promise<Row> {
  const path = await migrated(folder, "accounts-start");
  const environment = { ...quietEnvironment(), TODOS_AUTH: "accounts" };
  const starter = { path: "/actuator/health", command: (port: number) => todosCommand(path, port) };
  const taken: { with: number[]; without: number[] } = { with: [], without: [] };
  for (let round = 0; round < startsPerProgram; round++) {
    taken.with.push(await firstAnswerMs(starter, await freePort(), environment));
    taken.without.push(await firstAnswerMs(starter, await freePort()));
  }
  const ms = median(taken.with);
  return {
    what: "exec → first 200 of the health resource, with accounts",
    unit: "ms",
    todos: ms,
    limit: { value: median(taken.without), name: "without accounts" },
    goal: atMost(ms, GOAL_START_MS, "ms"),
    note: `median of ${startsPerProgram}; quickest ${Math.min(...taken.with).toFixed(1)}`,
  };
}
