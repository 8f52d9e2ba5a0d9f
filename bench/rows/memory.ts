import {
  forgetPrograms,
  limitPath,
  migrated,
  startLimit,
  startTodos,
  todosBinary,
} from "../support/contestants.ts";
import { type Memory, memory, type Running } from "../support/process.ts";
import { atMost, type Bench, type Row } from "../support/row.ts";
import { INBOX_PATH } from "../support/seed.ts";
import { load } from "../support/wrk.ts";

const IDLE_GOAL_MIB = 45;
const LOADED_GOAL_MIB = 64;
const SETTLE_MS = 2_000;
/** Freed pages return to the system a few seconds after the load. */
const REST_MS = 5_000;
const REQUESTS = 100_000;
const CONNECTIONS = 32;

interface Seen {
  /** After one request to the health resource. */
  readonly idle: Memory;
  /** After the first other request, which loads what health does not need. */
  readonly used: Memory;
  /** Right after the last request. */
  readonly loaded: Memory;
  readonly rested: Memory;
}

/** One after another, so that no two share pages. */
export async function memoryRows({ folder, peer }: Bench): Promise<Row[]> {
  const database = await migrated(folder, "memory");
  await forgetPrograms([todosBinary(), limitPath("answers")]);
  const todos = await seen(await startTodos(database), "/actuator/health", INBOX_PATH);
  const limit = await seen(await startLimit("answers", database), INBOX_PATH, INBOX_PATH);
  const go = peer && (await seen(await peer.start(), peer.healthPath, peer.recordPath));
  const row = rowsOf(todos, limit, go);
  const used = `${todos.used.rssMib.toFixed(1)} once used; `;
  const rested = `at once; ${todos.rested.rssMib.toFixed(1)} after ${REST_MS / 1_000} s of rest; `;
  return [
    row("memory (RSS), idle", IDLE_GOAL_MIB, (each) => each.idle, used),
    row(`memory (RSS), after ${REQUESTS} requests`, LOADED_GOAL_MIB, (each) => each.loaded, rested),
  ];
}

async function seen(server: Running, firstPath: string, loadPath: string): Promise<Seen> {
  try {
    await fetch(server.url + firstPath);
    await Bun.sleep(SETTLE_MS);
    const idle = memory(server.pid);
    await fetch(server.url + loadPath);
    await Bun.sleep(SETTLE_MS);
    const used = memory(server.pid);
    for (let requests = 0; requests < REQUESTS; ) {
      requests += (await load(server, { seconds: 1, connections: CONNECTIONS, path: loadPath })).requests;
    }
    const loaded = memory(server.pid);
    await Bun.sleep(REST_MS);
    return { idle, used, loaded, rested: memory(server.pid) };
  } finally {
    await server.stop();
  }
}

function rowsOf(todos: Seen, limit: Seen, go: Seen | undefined) {
  return (what: string, goalMib: number, pick: (seen: Seen) => Memory, note = ""): Row => {
    const { rssMib, pssMib, anonymousMib } = pick(todos);
    return {
      what,
      unit: "MiB",
      todos: rssMib,
      limit: { value: pick(limit).rssMib, name: "same answers" },
      ...(go ? { peer: pick(go).rssMib } : {}),
      goal: atMost(rssMib, goalMib, "MiB"),
      note: `${note}PSS ${pssMib.toFixed(1)}, anonymous ${anonymousMib.toFixed(1)}`,
    };
  };
}
