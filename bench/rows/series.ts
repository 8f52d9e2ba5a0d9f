import { migrated, startTodos } from "../support/contestants.ts";
import type { Running } from "../support/process.ts";
import type { Bench, Row } from "../support/row.ts";
import { median } from "../support/statistics.ts";

const CONNECTIONS = 32;
const TASKS = 2_000;
const REPEATING = { dueDate: "2026-01-01", repeat: "FREQ=MONTHLY;BYDAY=-1FR" };

/** Each request is answered with two rows on disk, and a date from the library. */
export async function seriesRows(bench: Bench): Promise<Row[]> {
  await using servers = new AsyncDisposableStack();
  const todos = await startTodos(await migrated(bench.folder, "series"));
  servers.defer(() => todos.stop());
  await completedPerSecond(todos, REPEATING);
  const repeating: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    repeating.push(await completedPerSecond(todos, REPEATING));
    plain.push(await completedPerSecond(todos, {}));
  }
  return [
    {
      what: `complete a repeating task, fsynced, ${CONNECTIONS} connections`,
      unit: "requests/s",
      todos: median(repeating),
      limit: { value: median(plain), name: "completing one that doesn't repeat" },
    },
  ];
}

async function completedPerSecond({ url }: Running, members: object): Promise<number> {
  const body = JSON.stringify({ todo: "x", ...members });
  const made = await eachAtOnce(Array.from({ length: TASKS }), async () => {
    const task = (await (await asked(`${url}/tasks`, "POST", body)).json()) as { readonly id: string };
    return `${url}/tasks/${task.id}`;
  });
  const startedAt = performance.now();
  await eachAtOnce(made, async (task) => void (await (await asked(task, "PATCH", COMPLETED)).bytes()));
  return (TASKS / (performance.now() - startedAt)) * 1_000;
}

const COMPLETED = JSON.stringify({ completed: true });

async function asked(url: string, method: string, body: string): Promise<Response> {
  const answer = await fetch(url, { method, body, headers: { "content-type": "application/json" } });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status}`);
  return answer;
}

async function eachAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.values();
  const worker = async () => {
    for (const item of left) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return results;
}
