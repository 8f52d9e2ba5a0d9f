import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { NEXT, releases } from "./releases.ts";
import {
  accessProblems,
  comesTrueFromOutside,
  journey,
  LAN_HOST,
  person,
  picture,
  underWorker,
  world,
} from "./support.ts";

const here = world();
/** Whatever it is that the page shows. */
const CONTENT = "#app > *";
/** Longer than the page waits for a person who may still be there. */
const AWAY_MS = 60_000;
const IS_NEXT = `document.documentElement.dataset.release === "${NEXT}"`;

/** Puts a field into the page and types into it, as into any of the page's own. */
async function typed(page: Page, text: string): Promise<void> {
  await page.evaluate(
    "document.body.append(Object.assign(document.createElement('textarea'), { id: 'own' }))",
  );
  await page.locator("#own").pressSequentially(text);
}

/** Notes when the worker of a newer page takes over. */
const WATCHED = `navigator.serviceWorker.addEventListener("controllerchange", () => (window.isTaken = true), { once: true })`;

/** Lets the page look for a newer one while it makes requests. */
async function looksWhileBusy(page: Page): Promise<void> {
  await page.evaluate(`void [1, 2, 3, 4].forEach(async () => {
    for (let n = 0; n < 200 && !window.isTaken; n++) await (await fetch("/checklists")).text();
  })`);
  await page.evaluate("dispatchEvent(new Event('online'))");
}

journey(
  "a new release loads by itself once nothing is typed; until then the old page has all its parts",
  async () => {
    await using service = releases(here.service);
    await using visitor = await person(here.browser, service.url, { path: undefined });
    const { page } = visitor;
    await page.clock.install();
    await page.goto(service.url);
    await page.locator(CONTENT).first().waitFor();
    await underWorker(page);
    const entry = await page.evaluate<string>("document.querySelector('script[type=module]').src");
    await typed(page, "not sent to anyone");
    await page.evaluate(`void ${WATCHED}`);
    await service.release();
    expect((await fetch(entry)).status).toBe(404);
    await looksWhileBusy(page);
    await comesTrueFromOutside(page, "window.isTaken === true");
    await page.clock.runFor(AWAY_MS);
    expect(await page.locator("#own").inputValue()).toBe("not sent to anyone");
    expect(await page.evaluate<boolean>(IS_NEXT)).toBe(false);
    expect(await page.evaluate<number>(`fetch(${JSON.stringify(entry)}).then(({ status }) => status)`)).toBe(
      200,
    );
    const loaded = page.waitForEvent("load");
    await page.locator("#own").fill("");
    await page.clock.runFor(AWAY_MS);
    await loaded;
    await comesTrueFromOutside(page, IS_NEXT);
  },
);

journey("over plain HTTP, where there is no worker, a new release is found by the page itself", async () => {
  await using service = releases(here.service);
  const url = service.url.replace("127.0.0.1", LAN_HOST);
  await using visitor = await person(here.browser, url, { path: undefined });
  const { page } = visitor;
  await page.clock.install();
  await page.goto(url);
  await page.locator(CONTENT).first().waitFor();
  expect(await page.evaluate<boolean>("isSecureContext")).toBe(false);
  await service.release();
  const asked = page.waitForResponse(`${url}/`);
  await page.evaluate("dispatchEvent(new Event('online'))");
  await (await asked).finished();
  const loaded = page.waitForEvent("load");
  await page.clock.runFor(AWAY_MS);
  await loaded;
  await comesTrueFromOutside(page, IS_NEXT);
});

journey(
  "a user who is typing is told of a newer page, and may load it at once: the line and the focus are kept",
  async () => {
    await using service = releases(here.service);
    await using visitor = await person(here.browser, service.url, { path: "/#/inbox" });
    const { page } = visitor;
    await underWorker(page);
    await page.locator("#add").pressSequentially("Half a thought");
    await service.release();
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator(".notice").waitFor();
    expect(await accessProblems(page)).toEqual([]);
    await picture(page, "update-waiting");
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Load it now" }).click();
    // Before that, the page that asks is the one that goes.
    await loaded;
    await comesTrueFromOutside(page, IS_NEXT);
    await page.locator("#add:focus").waitFor();
    expect(await page.locator("#add").inputValue()).toBe("Half a thought");
    // The page knows of the text, as if it had been typed there.
    await page.keyboard.press("Enter");
    await page.getByRole("row").filter({ hasText: "Half a thought" }).waitFor();
  },
);

journey("after a page has loaded itself again, the focus is on the row where it was", async () => {
  await using service = releases(here.service);
  await using visitor = await person(here.browser, service.url, { path: undefined });
  const { page } = visitor;
  await page.clock.install();
  await page.goto(`${service.url}/#/inbox`);
  for (const todo of ["Row before", "Row with the focus"]) {
    await page.locator("#add").fill(todo);
    await page.locator("#add").press("Enter");
    await page.getByRole("row").filter({ hasText: todo }).waitFor();
  }
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  await underWorker(page);
  await page.getByRole("row").filter({ hasText: "Row with the focus" }).focus();
  await service.release();
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.locator(".notice").waitFor();
  const loaded = page.waitForEvent("load");
  await page.clock.runFor(AWAY_MS);
  await loaded;
  await comesTrueFromOutside(page, IS_NEXT);
  await page.locator("[role=row]:focus").filter({ hasText: "Row with the focus" }).waitFor();
});

journey(
  "a part that the service no longer has is said to be missing, and the newer page is found by that",
  async () => {
    await using service = releases(here.service);
    const url = service.url.replace("127.0.0.1", LAN_HOST);
    await using visitor = await person(here.browser, url, { path: "/#/inbox" });
    visitor.forgive(/Failed to load resource/);
    const { page } = visitor;
    await page.locator("#add").waitFor();
    await service.release();
    // The file is the same in both builds here; where it is not, the newer service answers like this.
    const palette = /\/page\/palette-/;
    await page.route(palette, (route) => route.fulfill({ status: 404 }));
    await page.keyboard.press("ControlOrMeta+k");
    await page
      .getByRole("alert")
      .getByText(/^This part of the page did not load/)
      .waitFor();
    await page.locator(".notice").waitFor();
    await page.unroute(palette);
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Load it now" }).click();
    // Before that, the page that asks is the one that goes.
    await loaded;
    await comesTrueFromOutside(page, IS_NEXT);
    // It says that it is the next one before it listens to keys.
    await page.locator("#add").waitFor();
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").waitFor();
  },
);
