import { connect } from "node:net";
import { migrated, startTodos } from "../support/contestants.ts";
import { memoryPeakMib, type Running } from "../support/process.ts";
import { atMost, type Row } from "../support/row.ts";

const ANSWERS = 4_000;
const GOAL_MIB = 200;
const TASKS = 200;
const PAGE_PATH = `/tasks?size=${TASKS}`;
const SCRIPT_PATH = "/docs/swagger-ui-bundle.js";

/** Each answer on its own connection, all requested before the first one arrives. */
export async function compressedRows(folder: string): Promise<Row[]> {
  const server = await startTodos(await migrated(folder, "compressed"));
  try {
    for (let n = 0; n < TASKS; n++) await makeTask(server, n);
    await allAtOnce(server, SCRIPT_PATH);
    const scriptsMib = memoryPeakMib(server.pid);
    await allAtOnce(server, PAGE_PATH);
    const peakMib = memoryPeakMib(server.pid);
    return [
      {
        what: `memory (RSS, most), ${ANSWERS} compressed answers at once`,
        unit: "MiB",
        todos: peakMib,
        goal: atMost(peakMib, GOAL_MIB, "MiB"),
        note: `pages of ${TASKS} tasks; ${scriptsMib.toFixed(1)} with the documentation's script before that`,
      },
    ];
  } finally {
    await server.stop();
  }
}

async function makeTask({ url }: Running, n: number): Promise<void> {
  const made = await fetch(`${url}/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ todo: `Task ${n} ${Bun.hash(String(n)).toString(36)}` }),
  });
  if (made.status !== 201) throw new Error(`a task was answered with ${made.status}`);
}

async function allAtOnce({ url }: Running, path: string): Promise<void> {
  await Promise.all(Array.from({ length: ANSWERS }, () => taken(url, path)));
}

/** Reads one answer to its end and discards it. */
async function taken(url: string, path: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  let coded = false;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    coded ||= /\r\ncontent-encoding: gzip\r\n/i.test(chunk.toString("latin1"));
  }
  if (!coded) throw new Error(`${path} was not compressed`);
}
