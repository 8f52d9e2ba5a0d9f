import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";

/** Set by the probe when what it looks for is there. */
const SHOWN = "bench:shown";

/** Put into every document before its own scripts. */
const PROBE = `(() => {
  const afterPaint = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now());
    port2.postMessage(undefined);
  });
  /** Resolves with the time after the frame in which it is there. */
  const seen = (isThere, options) => new Promise((resolve) => {
    const look = () => {
      if (!isThere()) return;
      observer.disconnect();
      performance.mark("${SHOWN}");
      afterPaint(resolve);
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, ...options });
    look();
  });
  /** Counts while the page is scrolled. */
  const watch = (selector) => {
    const seen = { longestMs: 0, rowsMax: 0, longFrames: [], isOver: false };
    let last = performance.now();
    const frame = (now) => {
      seen.longestMs = Math.max(seen.longestMs, now - last);
      last = now;
      seen.rowsMax = Math.max(seen.rowsMax, document.querySelectorAll(selector).length);
      if (!seen.isOver) requestAnimationFrame(frame);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame); });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longFrames.push(duration);
    }).observe({ type: "long-animation-frame" });
    return seen;
  };
  window.bench = { seen, watch };
})()`;

/** Until a new window has settled. */
const WINDOW_MS = 2_000;

/** A page under measurement, in a browser that has been there before. */
export interface Probed extends AsyncDisposable {
  readonly page: Page;
  readonly cdp: CDPSession;
}

/** @param slowness how many times slower the page's own thread is made @param plain an address of the same origin */
export async function probed(
  context: BrowserContext,
  plain: string,
  slowness: number,
  more = "",
): Promise<Probed> {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  // The origin's process is there before, as in a browser where the page was open a moment ago.
  await page.goto(plain);
  // With a new window, Chromium loads pages of its own.
  await page.waitForTimeout(WINDOW_MS);
  await page.addInitScript(`${PROBE};${more}`);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: slowness });
  return { page, cdp, [Symbol.asyncDispose]: () => page.close() };
}

interface TraceEvent {
  readonly name: string;
  /** µs */
  readonly ts: number;
  readonly pid: number;
  readonly args: { readonly data?: { readonly type?: string; readonly navigationId?: string } };
}

const CATEGORIES = ["blink.user_timing", "devtools.timeline", "disabled-by-default-devtools.timeline.frame"];
/** The trace ends when what was drawn has been written to it. */
const WRITTEN_MS = 100;

/** From the first key that is pressed meanwhile to the frame that shows what the page was looked at for, ms. */
export async function keyToPaintMs(
  browser: Browser,
  page: Page,
  act: () => Promise<unknown>,
): Promise<number> {
  const events = await traced(browser, page, act);
  return shownMs(
    events,
    events.find(({ name, args }) => name === "EventDispatch" && args.data?.type === "keydown"),
  );
}

/** What opening a page took, and where it runs. */
export interface Opened {
  /** From the start of the navigation to the frame that shows what the page was looked at for, ms. */
  readonly openMs: number;
  /** Of the process that the page has for itself. */
  readonly pid: number;
}

export async function opened(browser: Browser, page: Page, act: () => Promise<unknown>): Promise<Opened> {
  const events = await traced(browser, page, act);
  const shown = events.find(({ name }) => name === SHOWN);
  // Other pages of the browser navigate, too, and so do the documents of pictures.
  const isItsStart = ({ name, args }: TraceEvent) =>
    name === "navigationStart" && args.data?.navigationId === shown?.args.data?.navigationId;
  return { openMs: shownMs(events, events.find(isItsStart)), pid: shown?.pid ?? 0 };
}

/** In order of time. */
async function traced(
  browser: Browser,
  page: Page,
  act: () => Promise<unknown>,
): Promise<readonly TraceEvent[]> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await act();
  await page.waitForTimeout(WRITTEN_MS);
  const trace: { traceEvents: TraceEvent[] } = JSON.parse((await browser.stopTracing()).toString());
  return trace.traceEvents.toSorted((a, b) => a.ts - b.ts);
}

function shownMs(events: readonly TraceEvent[], start: TraceEvent | undefined): number {
  const after = (event: TraceEvent | undefined, wanted: string) => {
    const found =
      event && events.find(({ name, ts, pid }) => name === wanted && ts >= event.ts && pid === event.pid);
    if (!found)
      throw new Error(`the trace has no ${wanted}: ${[...new Set(events.map(({ name }) => name))]}`);
    return found;
  };
  const drawn = after(after(after(start, SHOWN), "Commit"), "DrawFrame");
  return (drawn.ts - (start?.ts ?? 0)) / 1_000;
}
