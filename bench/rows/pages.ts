import { migrated, startTodos } from "../support/contestants.ts";
import type { Running } from "../support/process.ts";
import { type Bench, type Row, ratioGoal } from "../support/row.ts";
import { idAt, seed } from "../support/seed.ts";
import { medianOf } from "../support/statistics.ts";
import { type Load, load } from "../support/wrk.ts";

/** A page costs the same whatever the number of rows, apart from noise and a deeper tree. */
const GOAL_SPREAD = 1.5;
const PAGE_ROWS = 50;
const CONNECTIONS = 4;
const SECONDS = 1;
/** Rounds end at this time after the first began, s; one is always completed. */
const ROUNDS_SECONDS_MAX = 60;

const PAGES: readonly { readonly what: string; readonly path: (rows: number) => string }[] = [
  { what: "checklists, first page", path: () => "/checklists" },
  { what: "checklists, page in the middle", path: (rows) => `/checklists?after=${cursorAt(rows / 2)}` },
  { what: "checklists, last page", path: (rows) => `/checklists?after=${cursorAt(rows - PAGE_ROWS)}` },
  { what: "tasks, first page", path: () => "/tasks" },
  { what: "tasks, page in the middle", path: (rows) => `/tasks?after=${cursorAt(rows / 2)}` },
  { what: "tasks, last page", path: (rows) => `/tasks?after=${cursorAt(rows - PAGE_ROWS)}` },
  {
    what: "tasks, filtered page in the middle",
    path: (rows) => `/tasks?status=completed&after=${cursorAt(rows / 2)}`,
  },
  { what: "tasks, filtered page without a match", path: () => "/tasks?priority=high" },
  { what: "tasks, page of words without a match", path: () => "/tasks?q=nowhere" },
  { what: "search, page without a match", path: () => "/search?q=nowhere" },
];

/** The cursor after the row of that number, in the documented form. */
function cursorAt(index: number): string {
  return `k${Buffer.from(idAt(Math.floor(index))).toString("hex")}`;
}

/** Pages of 50 among thousands and millions of rows. */
export async function pageRows(bench: Bench): Promise<Row[]> {
  await using servers = new AsyncDisposableStack();
  const sizes: { rows: number; server: Running }[] = [];
  for (const rows of bench.pageRows) {
    const database = await migrated(bench.folder, `pages-${rows}`);
    seed(database, rows);
    const server = await startTodos(database);
    servers.defer(() => server.stop());
    sizes.push({ rows, server });
  }
  const loads = PAGES.map(() => sizes.map((): Load[] => []));
  const endsAt = performance.now() + ROUNDS_SECONDS_MAX * 1_000;
  for (let round = 0; round < bench.rounds && (round === 0 || performance.now() < endsAt); round++) {
    for (const [which, page] of PAGES.entries()) {
      for (const [index, { rows, server }] of sizes.entries()) {
        const options = { seconds: SECONDS, connections: CONNECTIONS, path: page.path(rows) };
        loads[which]?.[index]?.push(await load(server, options));
      }
    }
  }
  return PAGES.map(({ what }, which) => row(what, sizes, loads[which] ?? []));
}

function row(what: string, sizes: readonly { rows: number }[], loads: readonly Load[][]): Row {
  const cpuUs = loads.map((each) => medianOf(each, (one) => one.cpuUs));
  const spread = Math.max(...cpuUs) / Math.min(...cpuUs);
  const counts = sizes.map(({ rows }, index) => `${power(rows)}: ${cpuUs[index]?.toFixed(0)}`);
  return {
    what: `page of ${PAGE_ROWS} ${what}`,
    unit: "µs/request",
    todos: cpuUs.at(-1) ?? Number.NaN,
    goal: ratioGoal(`most/least ≤ ${GOAL_SPREAD} over all sizes`, spread, spread <= GOAL_SPREAD),
    note: counts.join(", "),
  };
}

function power(rows: number): string {
  return `10^${Math.log10(rows).toFixed(0)}`;
}
