import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { HAS_BROWSER, launched, NO_MISDEEDS, overhang, watched } from "../../support/browser.ts";
import { startService } from "../../support/service.ts";
import { type AccountService, expectStatus, firstAdmin, PASSWORD, startWithAccounts } from "./support.ts";

const START_DEADLINE_MS = 120_000;
const TEST_DEADLINE_MS = 60_000;
const PHONE = { width: 390, height: 844 };

const HTML_NAME = `<img src=x onerror="alert(1)">`;

const inBrowser = test.skipIf(!HAS_BROWSER);

describe("the documentation page with accounts", () => {
  let served: AccountService;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    if (!HAS_BROWSER) return;
    served = await startWithAccounts();
    const root = await firstAdmin(served);
    expectStatus(await root.patch("/me", { name: "<b>Root</b>" }), 200);
    expectStatus(await root.post("/checklists", { name: HTML_NAME }), 201);
    token = String((await root.post("/tokens", { name: "docs", scopes: ["read"] })).json().secret);
    browser = await launched();
  }, START_DEADLINE_MS);
  afterAll(async () => {
    await browser?.close();
    await served?.[Symbol.asyncDispose]();
  });

  inBrowser(
    "signing in there makes its requests the user's, and signing out ends that; names are text",
    async () => {
      const page = await browser.newPage({ viewport: PHONE });
      const misdeeds = await watched(page, served.url);
      await page.goto(`${served.url}/docs`);
      await page.locator("#caller").getByLabel("Login").fill("root");
      await page.locator("#caller").getByLabel("Password").fill(PASSWORD);
      expect(await overhang(page)).toBe(0);
      await page.locator("#caller").getByRole("button", { name: "Sign in" }).click();
      const out = page.locator("#caller").getByRole("button", { name: "Sign out" });
      await out.waitFor();
      expect(await page.locator("#caller").innerText()).toContain("Requests on this page are <b>Root</b>'s.");
      await tried(page, "200");
      expect(await page.locator("#operations-checklists-listChecklists").innerText()).toContain("alert(1)");
      expect(await page.locator("img[src=x]").count()).toBe(0);
      expect(misdeeds).toEqual(NO_MISDEEDS);
      await out.click();
      await page.locator("#caller").getByLabel("Login").waitFor();
      await tried(page, "401");
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  inBrowser(
    "a wrong password is explained, and a token can be entered instead",
    async () => {
      const page = await browser.newPage();
      await page.goto(`${served.url}/docs`);
      await page.locator("#caller").getByLabel("Login").fill("root");
      await page.locator("#caller").getByLabel("Password").fill("not the password");
      await page.locator("#caller").getByRole("button", { name: "Sign in" }).click();
      const said = page.locator("#caller output", { hasText: /./ });
      await said.waitFor();
      expect(await said.innerText()).toContain("password");
      await page.locator(".auth-wrapper > .authorize").click();
      await page.locator("#auth-bearer-value").fill(token);
      await page.locator(".modal-btn.auth[type=submit]").first().click();
      await page.locator(".btn-done").first().click();
      await tried(page, "200");
      await page.close();
    },
    TEST_DEADLINE_MS,
  );

  test("without accounts the page asks for nothing", async () => {
    await using open = await startService();
    const body = await (await fetch(`${open.url}/docs`)).text();
    expect(body).not.toContain("sign-in");
  });
});

/** Asks GET /checklists there, and waits until the page shows that status. */
async function tried(page: Page, status: string): Promise<void> {
  const operation = page.locator("#operations-checklists-listChecklists");
  if ((await operation.locator(".execute").count()) === 0) {
    await operation.locator(".opblock-summary-control").click();
    await operation.locator(".try-out__btn").click();
  }
  await operation.locator(".execute").click();
  const answers = operation.locator(".live-responses-table .response .response-col_status");
  await answers.filter({ hasText: status }).first().waitFor();
}
