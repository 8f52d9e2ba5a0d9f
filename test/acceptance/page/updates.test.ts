import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { NEXT, releases } from "./releases.ts";
import { journey, LAN_HOST, person, underWorker, world } from "./support.ts";

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
    await service.release();
    expect((await fetch(entry)).status).toBe(404);
    const taken = page.evaluate(
      "new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true })).then(() => 1)",
    );
    await page.evaluate("dispatchEvent(new Event('online'))");
    await taken;
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
    await page.waitForFunction(IS_NEXT);
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
  await page.waitForFunction(IS_NEXT);
});
