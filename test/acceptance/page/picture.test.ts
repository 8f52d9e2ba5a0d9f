import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import { comesTrueFromOutside, journey, type Person, person, underWorker, world } from "./support.ts";

const here = world();

/** Notes how the picture is when it has been read: the page's scripts have not run by then. */
const WATCHED = `new MutationObserver((_, observer) => {
  const picture = document.getElementById("picture");
  if (picture === null || document.getElementById("app") === null) return;
  observer.disconnect();
  window.seen = {
    text: picture.textContent,
    rows: picture.querySelectorAll(".row").length,
    inert: picture.inert,
    isHidden: picture.getAttribute("aria-hidden"),
    isShown: picture.checkVisibility(),
    page: document.querySelector("#app > *"),
  };
}).observe(document, { subtree: true, childList: true })`;

interface Seen {
  readonly text: string;
  readonly rows: number;
  readonly isShown: boolean;
}

async function opened(): Promise<Person> {
  const someone = await person(here.browser, here.service.url, { path: undefined });
  await someone.context.addInitScript(WATCHED);
  await someone.page.goto(`${here.service.url}/#/inbox`);
  return someone;
}

async function added(page: Page, todo: string): Promise<void> {
  await page.locator("#add").fill(todo);
  await page.locator("#add").press("Enter");
  await page.getByRole("row").filter({ hasText: todo }).waitFor();
}

const KEPT = "caches.match(location.origin + '/').then((answer) => answer?.text() ?? '')";

/** Resolves when what was kept last has the text. */
async function kept(page: Page, text: string): Promise<void> {
  await underWorker(page);
  await comesTrueFromOutside(page, `${KEPT}.then((html) => html.includes(${JSON.stringify(text)}))`);
}

function seen(page: Page): Promise<Seen | undefined> {
  return page.evaluate<Seen | undefined>("window.seen");
}

function live(page: Page, todo: string): Promise<void> {
  return page.locator("#app").getByRole("row").filter({ hasText: todo }).waitFor();
}

journey("what was seen last is there before the page's scripts run, and gives way to the page", async () => {
  await using someone = await opened();
  const { page } = someone;
  await added(page, "Water the <b>plants</b>");
  await kept(page, "Water the");
  await page.reload();
  await live(page, "Water the <b>plants</b>");
  expect(await seen(page)).toMatchObject({
    text: expect.stringContaining("Water the <b>plants</b>"),
    rows: 1,
    inert: true,
    isHidden: "true",
    isShown: true,
    page: null,
  });
  await page.locator("#picture").waitFor({ state: "detached" });
});

journey("what is typed is not in the picture, nor what is open over the page", async () => {
  await using someone = await opened();
  const { page } = someone;
  await page.locator("#add").fill("Half a thought");
  await page.locator("#add").press("Escape");
  await page.locator("#add").fill("Another one");
  await kept(page, "side-link");
  expect(await page.evaluate<string>(KEPT)).not.toMatch(/Half a|Another one/);
});

journey("another screen, another person's copy or the styles of another build have no picture", async () => {
  await using someone = await opened();
  const { page } = someone;
  await added(page, "Buy bread");
  await kept(page, "Buy bread");
  const html = await page.evaluate<string>(KEPT);
  for (const [from, to, isShown] of [
    ["", "", true],
    [/data-hash="[^"]*"/, 'data-hash="#/today"', false],
    [/data-copy="[^"]*"/, 'data-copy="somebody else&apos;s"', false],
    [/data-styles="[^"]*"/, 'data-styles="page/main-00000000.css"', false],
  ] as const) {
    // Elsewhere, since the page keeps another one while it closes.
    await page.goto(`${here.service.url}/actuator/health`);
    await page.evaluate(put(html.replace(from, to)));
    await page.goto(`${here.service.url}/#/inbox`);
    await live(page, "Buy bread");
    expect([to, await seen(page)]).toEqual([to, expect.objectContaining({ isShown })]);
    await page.locator("#picture").waitFor({ state: "detached" });
  }
});

/** Keeps other HTML, with the headers of what is kept. */
function put(html: string): string {
  return `(async () => {
    const [name] = (await caches.keys()).filter((name) => name.startsWith("page-"));
    const cache = await caches.open(name);
    const { headers } = await cache.match(location.origin + "/");
    await cache.put(location.origin + "/", new Response(${JSON.stringify(html)}, { headers }));
  })()`;
}

journey(
  "with a full disk, a picture that nobody may see any more is removed, and the page still opens",
  async () => {
    await using someone = await opened();
    const { page, context } = someone;
    await added(page, "Call the bank");
    await kept(page, "Call the bank");
    const cdp = await context.newCDPSession(page);
    const { origin } = new URL(here.service.url);
    await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await page.evaluate("navigator.serviceWorker.controller.postMessage({ picture: null })");
    await comesTrueFromOutside(page, `${KEPT}.then((html) => html === "")`);
    await page.reload();
    await live(page, "Call the bank");
  },
);

journey("a picture whose page does not start is not shown", async () => {
  await using someone = await opened();
  const { page } = someone;
  await added(page, "Tidy up");
  await kept(page, "Tidy up");
  const html = await page.evaluate<string>(KEPT);
  await page.goto(`${here.service.url}/actuator/health`);
  await page.evaluate(put(html.replace(/data-scripts="main-[^ ]*/, 'data-scripts="main-00000000.js')));
  someone.forgive(/main-00000000|404/);
  await page.goto(`${here.service.url}/#/inbox`);
  await page.locator("#picture").waitFor({ state: "hidden" });
});

const HIDDEN = "Object.defineProperty(document, 'hidden', { get: () => true })";
const NO_FRAMES = "window.requestAnimationFrame = () => 0";

journey(
  "a tab that nobody sees draws no frames, and starts all the same, also if it is left at once",
  async () => {
    await using someone = await opened();
    const { page } = someone;
    await added(page, "Feed the cat");
    await kept(page, "Feed the cat");
    for (const [script, more] of [
      [`${HIDDEN}; ${NO_FRAMES}`, ""],
      [NO_FRAMES, "document.dispatchEvent(new Event('visibilitychange'))"],
    ] as const) {
      await using tab = await someone.context.newPage();
      await tab.addInitScript(script);
      await tab.goto(`${here.service.url}/#/inbox`);
      await tab.evaluate(more);
      await live(tab, "Feed the cat");
      expect(await seen(tab)).toMatchObject({ isShown: true, page: null });
    }
  },
);

journey("where the browser does not answer by itself, the worker answers with the picture", async () => {
  await using someone = await person(here.browser, here.service.url, { path: undefined });
  await someone.context.addInitScript(WATCHED);
  const worker = await (await fetch(`${here.service.url}/service-worker.js`)).text();
  expect(worker).toContain("addRoutes");
  const withoutRoutes = worker.replaceAll("addRoutes", "addNoRoutes");
  await someone.context.route("**/service-worker.js", (route) =>
    route.fulfill({ body: withoutRoutes, contentType: "text/javascript" }),
  );
  const { page } = someone;
  await page.goto(`${here.service.url}/#/inbox`);
  await live(page, "Buy bread");
  await kept(page, "Buy bread");
  await page.reload();
  await live(page, "Buy bread");
  expect(await seen(page)).toMatchObject({ isShown: true, page: null });
});

journey("of a long list, the rows in sight are in the picture", async () => {
  await using someone = await opened();
  const { page } = someone;
  const names = Array.from({ length: 120 }, (_, at) => `Errand ${at}`);
  const { post } = servedRows(() => here.service.url);
  await Promise.all(names.map((todo) => post("/tasks", { todo })));
  await page.locator("[role=grid][aria-rowcount='125']").waitFor();
  await page.locator(".row-place").first().waitFor();
  await kept(page, "Errand");
  await page.reload();
  await page.locator(".row-place").first().waitFor();
  const rows = (await seen(page))?.rows ?? 0;
  expect([rows > 10, rows < 40]).toEqual([true, true]);
});
