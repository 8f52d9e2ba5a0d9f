import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ROOT } from "../support/binary.ts";
import { HAS_BROWSER, launched, NO_MISDEEDS, overhang, watched } from "../support/browser.ts";
import { type Service, startService } from "../support/service.ts";

const START_DEADLINE_MS = 120_000;
const TEST_DEADLINE_MS = 60_000;
const DESKTOP = { width: 1_280, height: 880 };
const PHONE = { width: 390, height: 844 };
/** What the pictures show as the service's address, whatever port it has while they are taken. */
const SHOWN_URL = "http://127.0.0.1:8181";

/** What users come for, before what operators come for. */
const TAGS = ["checklists", "tasks", "agenda", "search", "trash", "service", "actuator"];

const taking = process.env.DOCS_IMAGES === "true";
const inBrowser = test.skipIf(!HAS_BROWSER);
const title = HAS_BROWSER
  ? "documentation in a browser"
  : "documentation in a browser (no Chromium: install it or set CHROMIUM)";

describe(title, () => {
  let served: Service;
  let browser: Browser;

  beforeAll(async () => {
    if (!HAS_BROWSER) return;
    served = await startService(taking ? { TODOS_PUBLIC_URL: SHOWN_URL } : {});
    browser = await launched();
  }, START_DEADLINE_MS);
  afterAll(async () => {
    await browser?.close();
    await served?.[Symbol.asyncDispose]();
  });

  inBrowser(
    "GET /docs shows every operation, with the network cut and without a complaint",
    async () => {
      const page = await browser.newPage({ viewport: DESKTOP });
      const misdeeds = await watched(page, served.url);
      await page.goto(`${served.url}/docs`);
      expect(await shownOperations(page)).toEqual(await documentedOperations(served.url));
      expect(await page.locator(".opblock-tag > a").allInnerTexts()).toEqual(TAGS);
      expect(misdeeds).toEqual(NO_MISDEEDS);
      await picture(page, "docs-page.png");
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  inBrowser.skipIf(taking)(
    "Try it out on GET /checklists shows a 200 and the inbox",
    async () => {
      const page = await browser.newPage({ viewport: DESKTOP });
      const misdeeds = await watched(page, served.url);
      await page.goto(`${served.url}/docs`);
      const operation = page.locator("#operations-checklists-listChecklists");
      await operation.locator(".opblock-summary-control").click();
      await operation.locator(".try-out__btn").click();
      await operation.locator(".execute").click();
      const answer = operation.locator(".live-responses-table .response");
      await answer.waitFor();
      expect(await answer.locator(".response-col_status").innerText()).toContain("200");
      expect(await answer.locator(".response-col_description").innerText()).toContain('"name": "Inbox"');
      expect(misdeeds).toEqual(NO_MISDEEDS);
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  inBrowser(
    "the page behind a problem's type explains it, and leads to the others and to the documentation",
    async () => {
      const page = await browser.newPage({ viewport: PHONE });
      const misdeeds = await watched(page, served.url);
      await page.goto(`${served.url}/problems/precondition-failed`);
      expect(await page.locator("h1").innerText()).toBe("Precondition failed");
      expect(await page.locator("main").innerText()).toContain("GET the resource");
      expect(await overhang(page)).toBe(0);
      await page.getByRole("link", { name: "Problems" }).click();
      expect(await page.locator("h1").innerText()).toBe("Problems");
      await page.getByRole("link", { name: "Not found" }).click();
      expect(await page.locator("h1").innerText()).toBe("Not found");
      await page.getByRole("link", { name: "API" }).click();
      await page.locator(".opblock").first().waitFor();
      expect(misdeeds).toEqual(NO_MISDEEDS);
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  inBrowser(
    "the watch over pages is awake: it sees a foreign picture, a broken policy and an error",
    async () => {
      const page = await browser.newPage();
      const misdeeds = await watched(page, served.url);
      await page.goto(`${served.url}/docs`);
      await page.evaluate(
        "document.body.append(Object.assign(new Image(), { src: 'http://example.org/a.png' }))",
      );
      const seen = page.waitForEvent("pageerror");
      await page.evaluate("setTimeout(() => { throw new Error('seen'); })");
      await seen;
      await expect(page.goto("http://example.org/")).rejects.toThrow("ERR_FAILED");
      expect(misdeeds.complaints.join("\n")).toMatch(/policy violated: img-src[\s\S]*seen/);
      expect(misdeeds.foreignRequests).toEqual(["http://example.org/"]);
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  inBrowser(
    "it follows the reader's dark or light setting, also when that changes",
    async () => {
      const page = await browser.newPage({ viewport: DESKTOP, colorScheme: "dark" });
      const misdeeds = await watched(page, served.url);
      await page.goto(`${served.url}/docs`);
      await page.locator(".opblock").first().waitFor();
      for (const scheme of ["dark", "light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        const isDark = scheme === "dark";
        await page.locator("html.dark-mode").waitFor({ state: isDark ? "attached" : "detached" });
        for (const place of [".swagger-ui", ".opblock-summary-path", ".opblock-tag", ".info p"]) {
          const { ground, ink } = await coloursOf(page, place);
          expect([place, scheme, ground < 0.5, ink > 0.5]).toEqual([place, scheme, isDark, isDark]);
        }
      }
      expect(misdeeds).toEqual(NO_MISDEEDS);
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  inBrowser(
    "on a phone nothing is wider than the screen, an open operation neither",
    async () => {
      const page = await browser.newPage({ viewport: PHONE });
      await page.goto(`${served.url}/docs`);
      await page.locator(".opblock").first().waitFor();
      expect(await overhang(page)).toBe(0);
      for (const id of ["createChecklist", "listTasks", "changeTask"]) {
        const operation = page.locator(`.opblock[id$=-${id}]`);
        await operation.locator(".opblock-summary-control").click();
        await operation.locator(".responses-table").waitFor();
        expect(await overhang(page)).toBe(0);
      }
      await page.close();
    },
    TEST_DEADLINE_MS,
  );
});

/** `GET /checklists` and so on, sorted, as the page shows them. */
async function shownOperations(page: Page): Promise<string[]> {
  await page.locator(".opblock").first().waitFor();
  const summaries = await page.locator(".opblock-summary").all();
  const shown = summaries.map(async (summary) => {
    const method = await summary.locator(".opblock-summary-method").innerText();
    const path = await summary.locator(".opblock-summary-path").getAttribute("data-path");
    return `${method} ${path}`;
  });
  return (await Promise.all(shown)).sort();
}

/** How light the text at a place is, and the page behind it: 0 black, 1 white. */
async function coloursOf(
  page: Page,
  place: string,
): Promise<{ readonly ground: number; readonly ink: number }> {
  const colour = (selector: string, property: string): Promise<unknown> =>
    page.evaluate(`getComputedStyle(document.querySelector("${selector}")).getPropertyValue("${property}")`);
  // Colours that fade from one scheme to the other would be read halfway.
  await page.evaluate("for (const fading of document.getAnimations()) fading.finish()");
  return {
    ground: lightness(String(await colour("body", "background-color"))),
    ink: lightness(String(await colour(place, "color"))),
  };
}

function lightness(rgb: string): number {
  const parts = (rgb.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  if (parts.length < 3) throw new Error(`no colour: ${rgb}`);
  return parts.reduce((sum, part) => sum + part, 0) / (3 * 255);
}

async function documentedOperations(url: string): Promise<string[]> {
  const response = await fetch(`${url}/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, object> };
  return Object.entries(paths)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
    .sort();
}

/** Saved only by `npm run docs:images`. */
async function picture(page: Page, name: string): Promise<void> {
  if (taking) await page.screenshot({ path: join(ROOT, "docs/images", name) });
}
