import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { ROOT } from "../../support/binary.ts";
import { HAS_BROWSER, launched } from "../../support/browser.ts";
import { type Data, type Service, type Settings, scratchData, startService } from "../../support/service.ts";
import { FULL_SIZE } from "../../support/size.ts";

/** Starting the service and the browser. */
export const START_DEADLINE_MS = 120_000;
/** Of a journey. */
export const JOURNEY_DEADLINE_MS = 90_000;
export const PHONE = { width: 360, height: 740 };
export const TABLET = { width: 768, height: 1_024 };
export const DESKTOP = { width: 1_280, height: 880 };
export const WIDE = { width: 1_920, height: 1_080 };
/** What the pictures in the documentation show as the service's address, whatever port it has while they are taken. */
export const TAKING_PICTURES = process.env.DOCS_IMAGES === "true";

/** A name without TLS that is not the machine's own: browsers allow no service worker there, and no passkeys. */
export const LAN_HOST = "todos.lan";

/** A test in a browser. In CI a missing browser is a failure, by the error of {@link world}. */
export const journey = (name: string, run: () => Promise<void>): void => {
  test.skipIf(!HAS_BROWSER)(name, () => run().catch(unfolded), JOURNEY_DEADLINE_MS);
};

/** A test that fails, and whose page has complained: both are shown. */
function unfolded(error: unknown): never {
  if (!(error instanceof SuppressedError)) throw error;
  throw new AggregateError([error.suppressed, error.error], `${error.suppressed}\nand ${error.error}`);
}

/**
 * Starts a browser and a service before the tests of a file and ends them after.
 * @param start by default, a service on SQLite without accounts; called when the browser is there
 */
export function world<S extends Service = Service>(
  start: () => Promise<S> = () => startService() as Promise<S>,
): { readonly browser: Browser; readonly service: S } {
  let browser: Browser | undefined;
  let service: S | undefined;
  beforeAll(async () => {
    if (!HAS_BROWSER) return;
    browser = await launched(["localhost", LAN_HOST]);
    service = await start();
  }, START_DEADLINE_MS);
  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });
  return {
    get browser() {
      if (!browser) throw new Error("There is no browser yet.");
      return browser;
    },
    get service() {
      if (!service) throw new Error("There is no service yet.");
      return service;
    },
  };
}

/** One person's browser: cookies, storage and service worker of its own. Disposing of it fails on any misdeed. */
export interface Person extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Opens another tab, watched like the first. @param path from the service's root */
  tab(path?: string): Promise<Page>;
  /** Complaints that match are expected from now on. */
  forgive(pattern: RegExp): void;
  /** So far; of every tab. */
  misdeeds(): readonly string[];
}

export interface PersonOptions extends BrowserContextOptions {
  /** From the service's root; undefined: no page is loaded yet. Default: the page itself. */
  readonly path?: string | undefined;
}

/**
 * @param url of the service, without a slash at its end
 */
export async function person(browser: Browser, url: string, options: PersonOptions = {}): Promise<Person> {
  const { path, ...settings } = { path: "/", ...options };
  const context = await browser.newContext({
    viewport: DESKTOP,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    ...settings,
  });
  const complaints: string[] = [];
  const forgiven: RegExp[] = [];
  await watch(context, new URL(url).origin, complaints);
  const tab = async (at = "/") => {
    const page = await context.newPage();
    await page.goto(url + at);
    return page;
  };
  const page = path === undefined ? await context.newPage() : await tab(path);
  const misdeeds = () => complaints.filter((line) => !forgiven.some((pattern) => pattern.test(line)));
  return {
    context,
    page,
    tab,
    forgive: (pattern) => forgiven.push(pattern),
    misdeeds,
    async [Symbol.asyncDispose]() {
      await context.close();
      expect(misdeeds()).toEqual([]);
    },
  };
}

/** A browser's own words about an answer or a failed request: the page deals with those, and says so where it does not. */
const ABOUT_ANSWERS = /^Failed to load resource/;

async function watch(context: BrowserContext, origin: string, complaints: string[]): Promise<void> {
  context.on("request", (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (asked !== origin && !["data:", "blob:"].includes(protocol))
      complaints.push(`foreign request: ${request.url()}`);
  });
  context.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    const isOfFile = /\/page\/|\/service-worker\.js/.test(message.location().url);
    if (ABOUT_ANSWERS.test(message.text()) && !isOfFile) return;
    complaints.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) =>
    complaints.push(`uncaught: ${error.error().stack ?? error.error().message}`),
  );
  await context.addInitScript(`addEventListener("securitypolicyviolation", (event) =>
    console.error("policy violated: " + event.violatedDirective + " " + event.blockedURI));`);
}

/** Rules of WCAG 2.2 A and AA, and what axe recommends beyond. */
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe finds wrong with what the page shows now, a line each. */
export async function accessProblems(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>("typeof axe === 'object'"))) await page.evaluate(axe.source);
  const options = JSON.stringify({ runOnly: { type: "tag", values: AXE_TAGS } });
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html} (${failureSummary ?? ""})`),
  );
}

/**
 * Resolves when an expression is true in the page, which is looked at in every frame. The page's policy lets nobody
 * evaluate text from within, as `waitForFunction` does after its first look.
 */
export async function comesTrue(page: Page, expression: string): Promise<void> {
  const looks = `new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("is not true")), ${COMES_TRUE_MS});
    const look = () => {
      if (!(${expression})) return requestAnimationFrame(look);
      clearTimeout(late);
      resolve();
    };
    look();
  })`;
  await page.evaluate(looks).catch((error) => {
    throw new Error(`not within ${COMES_TRUE_MS} ms: ${expression}`, { cause: error });
  });
}

const COMES_TRUE_MS = 15_000;
/** Between two looks from outside, ms. */
const LOOK_MS = 20;

/** As `comesTrue`, also while the page is loaded again, or its clock stands still: looks from outside. */
export async function comesTrueFromOutside(page: Page, expression: string): Promise<void> {
  for (const start = performance.now(); performance.now() - start < COMES_TRUE_MS; ) {
    if (await page.evaluate<boolean>(expression).catch(whileLoading)) return;
    await Bun.sleep(LOOK_MS);
  }
  throw new Error(`not within ${COMES_TRUE_MS} ms: ${expression}`);
}

function whileLoading(error: Error): boolean {
  if (/context was destroyed|navigation/i.test(error.message)) return false;
  throw error;
}

/** Resolves when the page is under its service worker, which keeps the page's files from then on. */
export async function underWorker(page: Page): Promise<void> {
  await page.evaluate("navigator.serviceWorker.ready");
  await comesTrueFromOutside(page, "navigator.serviceWorker.controller !== null");
}

/** Presses a key once, in the page, before the first frame in which the condition is true; then, some frames are drawn. */
export async function pressesWhen(page: Page, condition: string, key: string): Promise<void> {
  await page.evaluate(`void new MutationObserver((_, observer) => {
    if (!(${condition})) return;
    observer.disconnect();
    const event = { key: "${key}", code: "${key}", bubbles: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", event));
    requestAnimationFrame(() => setTimeout(() => (window.isPast = true), 200));
  }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
}

/**
 * A service that can be killed and started again at the same address, with its rows.
 * @param settings of every start
 */
export async function restartable(settings: Settings = {}): Promise<Restartable> {
  const data = scratchData();
  const port = await freePort();
  const start = (more: Settings = {}) =>
    startService({ ...settings, ...more, TODOS_PORT: String(port) }, data);
  let running = await start();
  return {
    data,
    get url() {
      return running.url;
    },
    get service() {
      return running;
    },
    kill: async () => {
      await running.stop("SIGKILL");
    },
    start: async (more) => {
      running = await start(more);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      data[Symbol.dispose]();
    },
  };
}

export interface Restartable extends AsyncDisposable {
  readonly data: Data;
  readonly url: string;
  readonly service: Service;
  kill(): Promise<void>;
  /** @param settings in addition to those of every start */
  start(settings?: Settings): Promise<void>;
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** A picture takes as long as most of what a test does between two of them. */
const KEEPING_PICTURES = FULL_SIZE || TAKING_PICTURES || process.env.TODOS_TEST_PICTURES === "true";

/**
 * Keeps a picture of what the page shows, at full size or with `TODOS_TEST_PICTURES=true`: for a person to look at in
 * .cache/pictures, and with `DOCS_IMAGES=true` in docs/images.
 * @param name without an ending @param inDocs whether the documentation shows it
 */
export async function picture(page: Page, name: string, inDocs = false): Promise<void> {
  if (!KEEPING_PICTURES) return;
  const folder = join(ROOT, inDocs && TAKING_PICTURES ? "docs/images" : ".cache/pictures");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
