import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { boundedly } from "../../src/application/copy/work.ts";
import { HAS_BROWSER, launched } from "../../test/support/browser.ts";
import { migrated, startTodos } from "../support/contestants.ts";
import { keyToPaintMs, type Opened, opened, type Probed, probed } from "../support/page-probe.ts";
import { atMost, type Bench, type Row } from "../support/row.ts";
import { median } from "../support/statistics.ts";
import { TODOMVC_NAME, todoMvc } from "../support/todomvc.ts";

const MANY = 2_000;
const VERY_MANY = 10_000;
/** As Chromium's developer tools do for "a mid-tier phone". */
const SLOWNESS = 4;
const SLOWED = `processor ${SLOWNESS} times slower: `;
const FIRST_PAINT_GOAL_MS = 200;
const COMPLETE_GOAL_MS = 50;
const OPEN_GOAL_MS = 1_000;
const FRAME_GOAL_MS = 50;
const ROWS_GOAL = 100;
const MEMORY_GOAL_MB = 100;
const REQUESTS_AT_ONCE = 32;
const SCROLL_PX = 18_000;
const SCROLL_PX_PER_S = 6_000;
/** What a page does by itself after it has opened. */
const SETTLE_MS = 1_000;
const VIEWPORT = { width: 1_280, height: 880 };
const TODOMVC_ROW = "#todo-list li, .todo-list li";
const LABELS = ["home", "work", "garden", "errands", "calls"];

/** A page with tasks, and where in it they are. */
interface Contestant extends AsyncDisposable {
  /** Of its list. */
  readonly url: string;
  /** Of the same origin, with nothing in it. */
  readonly plain: string;
  readonly row: string;
  /** Of a row that can be read, when the page opens. */
  readonly first: string;
  /** An expression that is true when the page takes keys and clicks. */
  readonly isReady: string;
  /** Fills the browser's own copy. */
  fill(page: Page): Promise<unknown>;
  /** Sends the focus to what Space completes. */
  focus(page: Page): Promise<unknown>;
  /** An expression that is true when the focused task is shown as completed. */
  readonly isDone: string;
}

/** How one page did with so many tasks. */
interface Seen {
  readonly openMs: number;
  readonly readyMs: number;
  readonly completeMs: number;
  readonly frameMs: number;
  readonly longFrames: number;
  /** The same with the processor as it is. */
  readonly fastFrameMs: number;
  readonly rowsMax: number;
  /** Of the page's process, its own and not shared. */
  readonly memoryMb: number;
  readonly heapMb: number;
}

/** @returns undefined if there is no browser */
export async function pageInBrowserRows(bench: Bench): Promise<Row[] | undefined> {
  if (!HAS_BROWSER) return undefined;
  const ours: Seen[] = [];
  const theirs: Seen[] = [];
  for (const count of [MANY, VERY_MANY]) {
    ours.push(await seenOf(await todosWith(bench, count), bench.rounds));
    const peer = await todoMvcWith(count);
    if (peer) theirs.push(await seenOf(peer, bench.rounds));
  }
  return rowsOf(ours, theirs);
}

function rowsOf([few, many]: readonly Seen[], [fewThere, manyThere]: readonly Seen[]): Row[] {
  if (!few || !many) throw new Error("nothing was measured");
  const row = (what: string, unit: string, goal: number, ours: number, theirs?: number, note = ""): Row => ({
    what: `page, ${what}`,
    unit,
    todos: ours,
    ...(theirs === undefined ? {} : { peer: theirs }),
    goal: atMost(ours, goal, unit),
    note: [theirs === undefined ? "" : `peer: ${TODOMVC_NAME}`, note]
      .filter((part) => part !== "")
      .join("; "),
  });
  const longFrames = `frames over ${FRAME_GOAL_MS} ms: ${many.longFrames}`;
  const longThere = manyThere ? `, there ${manyThere.longFrames}` : "";
  return [
    row(
      `${SLOWED}${MANY} tasks, to the first paint of the list from the copy`,
      "ms",
      FIRST_PAINT_GOAL_MS,
      few.openMs,
      fewThere?.openMs,
      readyNote(few),
    ),
    row(
      `${SLOWED}${MANY} tasks, one completed, from key to paint`,
      "ms",
      COMPLETE_GOAL_MS,
      few.completeMs,
      fewThere?.completeMs,
    ),
    row(
      `${SLOWED}${VERY_MANY} tasks, to the first paint of the list from the copy`,
      "ms",
      OPEN_GOAL_MS,
      many.openMs,
      manyThere?.openMs,
      readyNote(many),
    ),
    row(
      `${SLOWED}${VERY_MANY} tasks, one completed, from key to paint`,
      "ms",
      COMPLETE_GOAL_MS,
      many.completeMs,
      manyThere?.completeMs,
    ),
    row(
      `${SLOWED}${VERY_MANY} tasks, longest frame while scrolling`,
      "ms",
      FRAME_GOAL_MS,
      many.frameMs,
      manyThere?.frameMs,
      longFrames + longThere,
    ),
    row(
      `${VERY_MANY} tasks, longest frame while scrolling`,
      "ms",
      FRAME_GOAL_MS,
      many.fastFrameMs,
      manyThere?.fastFrameMs,
    ),
    row(`${VERY_MANY} tasks, rows in the page at most`, "rows", ROWS_GOAL, many.rowsMax, manyThere?.rowsMax),
    row(
      `${VERY_MANY} tasks, memory of the page's process (private)`,
      "MB",
      MEMORY_GOAL_MB,
      many.memoryMb,
      manyThere?.memoryMb,
      `JavaScript's heap ${many.heapMb.toFixed(0)}`,
    ),
  ];
}

function readyNote({ readyMs }: Seen): string {
  return `it takes keys after ${readyMs.toFixed(0)} ms`;
}

async function seenOf(contestant: Contestant, rounds: number): Promise<Seen> {
  await using ours = contestant;
  await using browser = await launched();
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(ours.url);
  await ours.fill(page);
  await page.waitForTimeout(SETTLE_MS);
  await page.close();
  const open: number[] = [];
  const ready: number[] = [];
  const completed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using probe = await openedPage(browser, context, ours);
    open.push(probe.openMs);
    ready.push(probe.readyMs);
    completed.push(await completedMs(browser, probe.page, ours));
  }
  await using probe = await openedPage(browser, context, ours);
  const scrolled = await scrolledFrames(probe, ours.row);
  await probe.cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const { frameMs: fastFrameMs } = await scrolledFrames(probe, ours.row);
  return {
    openMs: median(open),
    readyMs: median(ready),
    completeMs: median(completed),
    ...scrolled,
    fastFrameMs,
    ...(await memoryOf(probe)),
  };
}

async function openedPage(
  browser: Browser,
  context: BrowserContext,
  { url, plain, first, isReady }: Contestant,
): Promise<Probed & Opened & Pick<Seen, "readyMs">> {
  const isThere = `document.querySelector(${JSON.stringify(first)}) !== null`;
  const looks = `window.opened = bench.seen(() => ${isThere}); window.ready = bench.seen(() => ${isReady})`;
  const probe = await probed(context, plain, SLOWNESS, looks);
  const { page } = probe;
  const { openMs, pid } = await opened(browser, page, async () => {
    await page.goto(url);
    await page.evaluate("opened");
  });
  const readyMs = await page.evaluate<number>("ready");
  await page.waitForTimeout(SETTLE_MS);
  return { ...probe, openMs, pid, readyMs };
}

function completedMs(browser: Browser, page: Page, { focus, isDone }: Contestant): Promise<number> {
  return keyToPaintMs(browser, page, async () => {
    await focus(page);
    await page.evaluate(`void (window.done = bench.seen(() => ${isDone}, { attributes: true }))`);
    await page.keyboard.press("Space");
    await page.evaluate("done");
  });
}

async function scrolledFrames({ page, cdp }: Probed, row: string) {
  await page.evaluate(`void (window.scrolled = bench.watch(${JSON.stringify(row)}))`);
  const [x, y] = [VIEWPORT.width / 2, VIEWPORT.height / 2];
  for (const yDistance of [-SCROLL_PX, SCROLL_PX])
    await cdp.send("Input.synthesizeScrollGesture", {
      x,
      y,
      yDistance,
      speed: SCROLL_PX_PER_S,
      preventFling: true,
    });
  const { longestMs, rowsMax, longFrames } = await page.evaluate<{
    longestMs: number;
    rowsMax: number;
    longFrames: number[];
  }>("(scrolled.isOver = true, scrolled)");
  return { frameMs: longestMs, rowsMax, longFrames: longFrames.length };
}

/** After a collection of what is not used any more. */
async function memoryOf({ cdp, pid }: Probed & Opened): Promise<Pick<Seen, "memoryMb" | "heapMb">> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return { memoryMb: privateBytes(pid) / 1e6, heapMb: usedSize / 1e6 };
}

/** What a browser's own task manager shows: pages that no file backs, in memory or swapped out. */
function privateBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  return (of("RssAnon") + of("VmSwap")) * 1_024;
}

async function todosWith({ folder }: Bench, count: number): Promise<Contestant> {
  const server = await startTodos(await migrated(folder, `page-${count}`));
  await boundedly(
    Array.from({ length: count }, (_, at) => at),
    REQUESTS_AT_ONCE,
    (at) => added(server.url, at),
  );
  return {
    url: `${server.url}/#/inbox`,
    plain: `${server.url}/actuator/health`,
    row: "[role=grid] [data-key]",
    // What was on the screen last is there before the page; see docs/decisions/0102.
    first: "#picture .row, [role=grid] [data-key]",
    isReady: `document.querySelector("#app [role=grid] [data-key]") !== null && !document.getElementById("picture")`,
    fill: (page) => page.locator(`[role=grid][aria-rowcount="${count}"]`).waitFor(),
    focus: (page) =>
      page.evaluate(`(() => {
        const row = document.querySelector("[role=grid] [data-key]");
        window.completing = row.dataset.key;
        row.focus();
      })()`),
    isDone: `!document.querySelector('[data-key="' + completing + '"] [role=checkbox][aria-checked=false]')`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Every third with a day, every second with a label. */
async function added(url: string, at: number): Promise<void> {
  const day = `2031-01-${String(1 + (at % 28)).padStart(2, "0")}`;
  const task = {
    todo: `Thing to do ${at}`,
    ...(at % 3 === 0 ? { dueDate: day } : {}),
    ...(at % 2 === 0 ? { labels: [LABELS[at % LABELS.length]] } : {}),
  };
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/tasks`, { method: "POST", headers, body: JSON.stringify(task) });
  if (!answer.ok) throw new Error(`a task was answered ${answer.status}`);
}

async function todoMvcWith(count: number): Promise<Contestant | undefined> {
  const peer = await todoMvc();
  return (
    peer && {
      url: `${peer.url}/`,
      plain: `${peer.url}/js/app.js`,
      row: TODOMVC_ROW,
      first: TODOMVC_ROW,
      isReady: `document.querySelector(${JSON.stringify(TODOMVC_ROW)}) !== null`,
      fill: async (page) => {
        await page.evaluate(`localStorage.setItem("todos-vanillajs", JSON.stringify({ todos: Array.from(
          { length: ${count} }, (_, at) => ({ id: 1_000 + at, title: "Thing to do " + at, completed: false })) }))`);
      },
      focus: (page) =>
        page.evaluate(`(() => {
          window.completing = document.querySelector("li[data-id]:not(.completed)");
          completing.querySelector(".toggle").focus();
        })()`),
      isDone: "completing.classList.contains('completed')",
      [Symbol.asyncDispose]: async () => peer[Symbol.dispose](),
    }
  );
}
