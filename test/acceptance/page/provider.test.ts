import { afterAll, describe, expect } from "bun:test";
import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { CLIENT, type RunningProvider, signInThere, startProvider } from "../../support/oidc-provider.ts";
import { localhost, setUp } from "../accounts/page.ts";
import { type AccountService, startWithAccounts } from "../accounts/support.ts";
import { accessProblems, journey, type Person, person, picture, world } from "./support.ts";

describe("signing in at an OpenID provider, on the page", () => {
  let provider: RunningProvider;
  const here = world(async () => {
    provider = await startProvider();
    const service = await startWithAccounts({
      TODOS_OIDC_ISSUER: provider.issuer,
      TODOS_OIDC_CLIENT_ID: CLIENT.clientId,
      TODOS_OIDC_CLIENT_SECRET: CLIENT.clientSecret,
      TODOS_OIDC_NAME: "Our ID",
      TODOS_OIDC_SIGN_UP: "true",
    });
    provider.admit([`${localhost(service)}/sessions/oidc/callback`]);
    return service;
  });
  afterAll(() => provider?.[Symbol.asyncDispose]());

  journey("a user comes by the provider, and with a second factor needs a code after that", async () => {
    await using first = await person(here.browser, localhost(here.service));
    await setUp(here.service, first.page);
    await using ann = await visitor(here);
    const { page } = ann;
    await page.getByRole("link", { name: "Sign in with Our ID" }).click();
    await signInThere(page, "ann");
    await shown(page);
    await page.evaluate("location.hash = '#/settings/security'");
    await page.getByRole("button", { name: "Set up an app" }).click();
    const secret = (await page.locator("code.secret").innerText()).replaceAll(" ", "");
    const app = new TOTP({ secret: Secret.fromBase32(secret) });
    await page.getByLabel("Code from the app").fill(app.generate());
    await page.getByRole("button", { name: "Switch on" }).click();
    const codes = (await page.getByLabel("Recovery codes").inputValue()).split("\n");
    await page.evaluate("location.hash = '#/settings/account'");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Wipe the copy" }).click();
    await page.getByRole("link", { name: "Sign in with Our ID" }).click();
    if (page.url().startsWith(provider.issuer)) await signInThere(page, "ann");
    await page.getByRole("heading", { name: "One more step" }).waitFor();
    expect(await accessProblems(page)).toEqual([]);
    await picture(page, "accounts-one-more-step");
    await page.getByLabel("Code", { exact: true }).fill(codes[0] ?? "");
    await page.keyboard.press("Enter");
    await shown(page);
    // Nobody waits for somebody who has come in, whatever the way.
    await first.page.evaluate("location.hash = '#/settings/users'");
    await first.page.reload();
    await first.page.getByText("ann · User", { exact: true }).waitFor();
  });

  journey("what fails there is said on the page, beside the other ways in", async () => {
    await using stranger = await visitor(here);
    const { page } = stranger;
    await page.goto(`${localhost(here.service)}/sessions/oidc/callback?state=never`);
    await page.getByRole("alert").filter({ hasText: "the sign-in failed" }).waitFor();
    expect(await page.getByRole("button", { name: "Sign in", exact: true }).count()).toBe(1);
    expect(await accessProblems(page)).toEqual([]);
  });
});

describe("what changes how somebody gets in", () => {
  const here = world(() => startWithAccounts());

  journey("asks for a new sign-in where the session is too old, and goes on after it", async () => {
    await using root = await person(here.browser, here.service.url);
    const { page } = root;
    await setUp(here.service, page);
    await page.reload();
    await shown(page);
    await page.evaluate("location.hash = '#/settings/security'");
    // The service's clock can't be moved: its answer to an old session is given in its place, once.
    let refusals = 0;
    await page.route("**/me/totp", async (route) => {
      if (route.request().method() !== "POST" || refusals++ > 0) return route.fallback();
      return route.fulfill({
        status: 403,
        contentType: "application/problem+json",
        json: { type: "/problems/forbidden", title: "Forbidden", status: 403, detail: "sign in again" },
      });
    });
    await page.getByRole("button", { name: "Set up an app" }).click();
    const dialog = page.getByRole("dialog", { name: "Confirm that it’s you" });
    await dialog.getByLabel("Password").fill("correct horse battery");
    expect(await dialog.getByLabel("Login").inputValue()).toBe("root");
    expect(await accessProblems(page)).toEqual([]);
    await picture(page, "accounts-again");
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByLabel("Code from the app").waitFor();
    expect(refusals).toBe(2);
  });
});

/** Whose browser goes to the provider, too. */
async function visitor(here: {
  readonly browser: Parameters<typeof person>[0];
  readonly service: AccountService;
}): Promise<Person> {
  const made = await person(here.browser, localhost(here.service));
  made.forgive(/^foreign request|^console/);
  return made;
}

/** Tasks are shown, or where they will be. */
function shown(page: Page): Promise<void> {
  return page.getByRole("navigation", { name: "Lists and views" }).waitFor();
}
