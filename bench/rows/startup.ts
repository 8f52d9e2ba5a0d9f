import { limitCommand, migrated, todosCommand } from "../support/contestants.ts";
import { freePort } from "../support/port.ts";
import { quietEnvironment, stopped } from "../support/process.ts";
import { atMost, type Bench, type Row, ratioGoal } from "../support/row.ts";
import { median } from "../support/statistics.ts";

const GOAL_MS = 20;
const GOAL_OF_PEER = 0.6;
const PATIENCE_MS = 20_000;

interface Starter {
  readonly path: string;
  command(port: number): string[];
}

/** From just before exec to the first byte of the first 200, on an already migrated file. */
export async function startupRows({ folder, startsPerProgram, peer }: Bench): Promise<Row[]> {
  const database = await migrated(folder, "startup");
  const todos: Starter = { path: "/actuator/health", command: (port) => todosCommand(database, port) };
  const limit: Starter = { path: "/actuator/health", command: (port) => limitCommand("health", "", port) };
  const starters = [todos, limit, ...(peer ? [{ path: peer.healthPath, command: peer.command }] : [])];
  const times = starters.map((): number[] => []);
  for (let round = 0; round < startsPerProgram; round++) {
    for (const [index, starter] of starters.entries())
      times[index]?.push(await firstAnswerMs(starter, await freePort()));
  }
  const [ours = Number.NaN, bare = Number.NaN, go] = times.map(median);
  const what = "exec → first 200 of the health resource";
  const row: Row = {
    what,
    unit: "ms",
    todos: ours,
    limit: { value: bare, name: "bare Bun.serve" },
    ...(go === undefined ? {} : { peer: go }),
    goal: atMost(ours, GOAL_MS, "ms"),
    note: `median of ${startsPerProgram}; quickest ${Math.min(...(times[0] ?? [])).toFixed(1)}`,
  };
  if (go === undefined) return [row];
  const ratio = ours / go;
  const goal = ratioGoal(`≤ ${GOAL_OF_PEER} of the Go peer`, ratio, ratio <= GOAL_OF_PEER);
  return [row, { what: `${what}, as a share of the Go peer's`, unit: "", todos: ratio, goal }];
}

/** From just before exec to the first byte of the first 200, ms. */
export async function firstAnswerMs(
  starter: Starter,
  port: number,
  environment = quietEnvironment(),
): Promise<number> {
  const startedAt = performance.now();
  const child = Bun.spawn(starter.command(port), {
    env: environment,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    while (!(await answers(port, starter.path))) {
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`no answer on ${starter.path}`);
    }
    return performance.now() - startedAt;
  } finally {
    await stopped(child);
  }
}

/** Whether the server runs and answers 200. One connection per attempt, refused at once if nothing listens. */
function answers(port: number, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  const attempt = Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data: (socket, bytes) => {
        resolve(bytes.toString("latin1").startsWith("HTTP/1.1 200"));
        socket.end();
      },
      close: () => resolve(false),
      connectError: () => resolve(false),
    },
  });
  attempt.catch(() => resolve(false));
  return promise;
}
