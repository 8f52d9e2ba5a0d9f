// `npm run bench`: measures dist/todos against its limits and saves the table. `--quick`: a minute or
// two, `--only startup,memory,reads,accounts,writes,mixed,pages,positions,series,page,cassandra`: a part, printed and not saved.
// `--program FILE`: another executable instead of dist/todos, neither built nor saved. `--before
// FILE`: only an earlier executable against dist/todos, turn by turn.
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { accountRows } from "./rows/accounts.ts";
import { agendaRow } from "./rows/agenda.ts";
import { beforeRows } from "./rows/before.ts";
import { cassandraRows } from "./rows/cassandra.ts";
import { compressedRows } from "./rows/compressed.ts";
import { memoryRows } from "./rows/memory.ts";
import { mixedRows } from "./rows/mixed.ts";
import { pageInBrowserRows } from "./rows/page.ts";
import { pageRows } from "./rows/pages.ts";
import { positionRows } from "./rows/positions.ts";
import { readRows } from "./rows/reads.ts";
import { seriesRows } from "./rows/series.ts";
import { startupRows } from "./rows/startup.ts";
import { writeRows } from "./rows/writes.ts";
import { cassandraProblem } from "./support/cassandra.ts";
import { buildAll, todosVersion, workFolder } from "./support/contestants.ts";
import { goPeer, PEER_NAME } from "./support/go-peer.ts";
import { type Machine, machine } from "./support/machine.ts";
import { plot } from "./support/plot.ts";
import { markdown, type Report } from "./support/report.ts";
import type { Bench, Row } from "./support/row.ts";
import { requireWrk } from "./support/wrk.ts";

const RESULTS = join(import.meta.dir, "results");
const WHOLE = {
  rounds: 5,
  seconds: 3,
  startsPerProgram: 41,
  pageRows: [1e3, 1e4, 1e5, 1e6],
  cassandra: {
    rounds: 3,
    connections: [1, 8, 64],
    warmUp: [
      { kind: "read", seconds: 8 },
      { kind: "create-task", seconds: 1 },
      { kind: "change", seconds: 3 },
    ],
    hotListInstances: 32,
    memorySecondsMax: 120,
  },
} as const;
const QUICK = {
  rounds: 2,
  seconds: 2,
  startsPerProgram: 11,
  pageRows: [1e3, 1e5],
  cassandra: {
    rounds: 1,
    connections: [64],
    warmUp: [{ kind: "read", seconds: 2 }],
    hotListInstances: 32,
    memorySecondsMax: 2,
  },
} as const;
const notMeasured = ["the image's compressed size: it is checked where the image is built."];

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    program: { type: "string" },
    before: { type: "string" },
  },
});
const wanted = flags.only?.split(",");

async function main(): Promise<void> {
  requireWrk();
  const ranOn = machine();
  progress("building");
  await buildAll(flags.program);
  const folder = await workFolder();
  try {
    const bench = { ...(flags.quick ? QUICK : WHOLE), folder, peer: await goPeer(folder) };
    await publish(bench, ranOn, await measured(bench));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  if (flags.before !== undefined) return beforeRows(bench, resolve(flags.before));
  const group = async (name: string, measure: () => Promise<Row[]>): Promise<void> => {
    if (wanted && !wanted.includes(name)) return;
    progress(name);
    rows.push(...(await measure()));
  };
  let writeLimitPerSecond = Number.NaN;
  await group("startup", () => startupRows(bench));
  await group("memory", async () => [...(await memoryRows(bench)), ...(await compressedRows(bench.folder))]);
  await group("reads", () => readRows(bench));
  await group("accounts", () => accountRows(bench));
  await group("writes", async () => {
    const writes = await writeRows(bench);
    writeLimitPerSecond = writes.limitPerSecond;
    return writes.rows;
  });
  // Half of this run's write limit; without that there is nothing to halve.
  if (!Number.isNaN(writeLimitPerSecond)) await group("mixed", () => mixedRows(bench, writeLimitPerSecond));
  await group("pages", async () => [...(await pageRows(bench)), await agendaRow(bench)]);
  await group("series", () => seriesRows(bench));
  await group("positions", () => positionRows(bench));
  await group("page", async () => {
    const seen = await pageInBrowserRows(bench);
    if (seen === undefined) notMeasured.push("the page: there is no Chromium.");
    return seen ?? [];
  });
  await group("cassandra", async () => {
    const problem = await cassandraProblem();
    if (problem === undefined) return cassandraRows(bench);
    progress(`Cassandra is skipped: ${problem}`);
    notMeasured.push(`Cassandra: ${problem}`);
    return [];
  });
  return rows;
}

async function publish(bench: Bench, ranOn: Machine, rows: readonly Row[]): Promise<void> {
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    mode: flags.quick ? "quick run" : "whole run",
    machine: ranOn,
    version: await todosVersion(),
    peerName: bench.peer ? PEER_NAME : "not there",
    rows,
    notMeasured,
  };
  const page = markdown(report);
  console.log(page);
  if (wanted || flags.program || flags.before) return;
  await Bun.write(join(RESULTS, "latest.md"), page);
  await Bun.write(join(RESULTS, "latest.json"), `${JSON.stringify(report, null, 2)}\n`);
  await Bun.write(join(RESULTS, "latest.svg"), plot(report));
}

function progress(what: string): void {
  console.error(`bench: ${what} (${(performance.now() / 1_000).toFixed(0)} s)`);
}

await main();
