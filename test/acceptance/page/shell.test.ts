import { expect } from "bun:test";
import {
  accessProblems,
  DESKTOP,
  journey,
  PHONE,
  person,
  picture,
  restartable,
  TABLET,
  underWorker,
  WIDE,
  world,
} from "./support.ts";

const here = world();
/** Whatever it is that the page shows. */
const CONTENT = "#app > *";

journey("/ and /status show something at every width and in both themes; axe finds nothing", async () => {
  for (const path of ["/", "/status"]) {
    for (const viewport of [PHONE, TABLET, DESKTOP, WIDE]) {
      const colorScheme = viewport === TABLET ? "dark" : "light";
      await using visitor = await person(here.browser, here.service.url, { path, viewport, colorScheme });
      await visitor.page.locator("h1:not(:empty)").first().waitFor();
      expect(await accessProblems(visitor.page)).toEqual([]);
      const wider = "document.documentElement.scrollWidth - innerWidth";
      expect(await visitor.page.evaluate<number>(wider)).toBeLessThanOrEqual(0);
      await picture(visitor.page, `first${path.replace("/", "-")}${viewport.width}`);
    }
  }
});

journey(
  "the watch over pages is awake: it sees a foreign request, a broken policy, and an error",
  async () => {
    const visitor = await person(here.browser, here.service.url);
    const { page } = visitor;
    await page.evaluate(
      "document.body.append(Object.assign(new Image(), { src: 'http://example.org/a.png' }))",
    );
    const seen = page.waitForEvent("pageerror");
    await page.evaluate("setTimeout(() => { throw new Error('seen'); })");
    await seen;
    await page.goto("http://example.org/").catch(() => undefined);
    const said = visitor.misdeeds().join("\n");
    expect(said).toMatch(/policy violated: img-src/);
    expect(said).toMatch(/uncaught: Error: seen/);
    expect(said).toMatch(/foreign request: http:\/\/example\.org\//);
    await visitor.context.close();
  },
);

journey("a browser finds the page installable: its manifest and icons are as they should be", async () => {
  await using visitor = await person(here.browser, here.service.url);
  await underWorker(visitor.page);
  const session = await visitor.context.newCDPSession(visitor.page);
  const { errors } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // A window of a test is one that keeps nothing, which is no place to install anything.
  const found = installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito");
  expect(found).toEqual([]);
});

journey("it opens without a connection, and with the server killed, once it has been opened", async () => {
  await using server = await restartable();
  await using visitor = await person(here.browser, server.url);
  await underWorker(visitor.page);
  await visitor.context.setOffline(true);
  await visitor.page.reload();
  await visitor.page.locator(CONTENT).first().waitFor();
  // The browser finds the page and its files by itself: the worker need not be started first.
  const sources = `["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
    .filter(({ name, entryType }) => entryType === "navigation" || name.includes("/page/"))
    .map(({ workerFinalSourceType }) => workerFinalSourceType)`;
  expect(new Set(await visitor.page.evaluate<string[]>(sources))).toEqual(new Set(["cache"]));
  await visitor.context.setOffline(false);
  await server.kill();
  const second = await visitor.tab();
  await second.locator(CONTENT).first().waitFor();
  await server.start();
  await second.reload();
  await second.locator(CONTENT).first().waitFor();
});
