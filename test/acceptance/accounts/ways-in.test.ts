import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { authenticatorOf, created, got } from "../../support/authenticator.ts";
import { HAS_BROWSER, launched } from "../../support/browser.ts";
import {
  AUDIENCE,
  CLIENT,
  type RunningProvider,
  signInThere,
  startProvider,
} from "../../support/oidc-provider.ts";
import type { Service } from "../../support/service.ts";
import { asked, localhost, setUp } from "./page.ts";
import { PASSWORD, startWithAccounts } from "./support.ts";

const DEADLINE_MS = 120_000;
const inBrowser = describe.skipIf(!HAS_BROWSER);

inBrowser("ways to sign in, by a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launched(["localhost"]);
  }, DEADLINE_MS);
  afterAll(() => browser?.close());

  /** A browser of its own on a page of the service. */
  async function visitor(service: Service): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${localhost(service)}/actuator/health`);
    return page;
  }

  test(
    "a passkey is registered and signs in; an answer works once, and none after it is removed",
    async () => {
      await using service = await startWithAccounts();
      const page = await visitor(service);
      await setUp(service, page);
      await authenticatorOf(page);
      expect((await asked(page, "POST", "/sessions", { passkey: {} })).status).toBe(401);

      const options = await asked(page, "POST", "/passkeys/options");
      expect(options.status).toBe(200);
      const answer = await created(page, options.body);
      const registered = await asked(page, "POST", "/passkeys", { passkey: answer, name: "Phone" });
      expect(registered).toMatchObject({ status: 201, body: { name: "Phone" } });
      expect((await asked(page, "POST", "/passkeys", { passkey: answer })).status).toBe(422);

      await asked(page, "DELETE", "/sessions/current");
      expect((await asked(page, "GET", "/me")).status).toBe(401);
      const request = await asked(page, "POST", "/sessions/passkey-options");
      const passkey = await got(page, request.body);
      expect((await asked(page, "POST", "/sessions", { passkey })).status).toBe(201);
      expect((await asked(page, "GET", "/me")).body).toMatchObject({ login: "root" });
      expect((await asked(page, "POST", "/sessions", { passkey })).status).toBe(401);

      const listed = await asked(page, "GET", "/passkeys");
      const id = String(registered.body.id);
      expect(listed.body).toMatchObject({ _embedded: { passkeys: [{ id, transports: ["internal"] }] } });
      expect((await asked(page, "DELETE", `/passkeys/${id}`)).status).toBe(204);
      const last = await asked(page, "POST", "/sessions/passkey-options");
      const removed = await got(page, last.body);
      expect((await asked(page, "POST", "/sessions", { passkey: removed })).status).toBe(401);
    },
    DEADLINE_MS,
  );

  test(
    "an authenticator app: a secret, recovery codes, and a second step for the password",
    async () => {
      await using service = await startWithAccounts();
      const page = await visitor(service);
      await setUp(service, page);
      expect((await asked(page, "GET", "/me/totp")).body).toMatchObject({
        enabled: false,
        recoveryCodesLeft: 0,
      });
      const made = await asked(page, "POST", "/me/totp");
      expect(made.status).toBe(201);
      expect(made.body.url).toStartWith("otpauth://totp/todos");
      const app = new TOTP({ secret: Secret.fromBase32(String(made.body.secret)) });
      const on = await asked(page, "PUT", "/me/totp", { code: app.generate() });
      expect(on).toMatchObject({ status: 200, body: { enabled: true } });
      const [recovery] = on.body.recoveryCodes as readonly string[];
      await asked(page, "DELETE", "/sessions/current");

      const signIn = { login: "root", password: PASSWORD };
      expect(await asked(page, "POST", "/sessions", signIn)).toMatchObject({
        status: 401,
        body: { type: expect.stringContaining("second-factor-required") },
      });
      expect((await asked(page, "POST", "/sessions", { ...signIn, code: recovery })).status).toBe(201);
      expect((await asked(page, "GET", "/me/totp")).body).toMatchObject({
        enabled: true,
        recoveryCodesLeft: 9,
      });
      expect((await asked(page, "DELETE", "/me/totp")).status).toBe(204);
      expect((await asked(page, "POST", "/sessions", signIn)).status).toBe(201);
    },
    DEADLINE_MS,
  );

  describe("at an OpenID provider", () => {
    let provider: RunningProvider;
    beforeAll(async () => {
      provider = await startProvider();
    });
    afterAll(() => provider?.[Symbol.asyncDispose]());

    async function startWithProvider(settings: Readonly<Record<string, string>> = {}) {
      const service = await startWithAccounts({
        TODOS_OIDC_ISSUER: provider.issuer,
        TODOS_OIDC_CLIENT_ID: CLIENT.clientId,
        TODOS_OIDC_CLIENT_SECRET: CLIENT.clientSecret,
        TODOS_OIDC_NAME: "Our ID",
        ...settings,
      });
      provider.admit([`${localhost(service)}/sessions/oidc/callback`]);
      return service;
    }

    /** Follows a link of ours to the provider, and comes back. */
    async function travelled(page: Page, url: string, login: string) {
      await page.goto(url);
      if (page.url().startsWith(provider.issuer)) await signInThere(page, login);
      await page.waitForURL((at) => !at.href.startsWith(provider.issuer));
      return new URL(page.url());
    }

    test(
      "who signs up there is a user from then on, and an admin by group; without that nobody is, by whatever name",
      async () => {
        await using service = await startWithProvider({
          TODOS_OIDC_SIGN_UP: "true",
          TODOS_OIDC_ADMIN_GROUP: "admins",
        });
        const owner = await visitor(service);
        await setUp(service, owner, "ann");
        provider.groups.set("ann", ["admins"]);
        const page = await visitor(service);
        const root = await asked(page, "GET", "/");
        expect(root.body).toMatchObject({ _links: { "sign-in-oidc": { title: "Our ID" } } });
        const start = `${localhost(service)}/sessions/oidc`;
        const back = await travelled(page, `${start}?return=/actuator/health?there=1`, "ann");
        expect(back.pathname + back.search).toBe("/actuator/health?there=1");
        expect((await asked(page, "GET", "/me")).body).toMatchObject({ login: "ann-2", role: "admin" });
        expect((await page.context().cookies()).filter(({ name }) => name === "todos")).toMatchObject([
          { httpOnly: true, sameSite: "Lax" },
        ]);
        for (const path of [
          "//evil.example",
          "https://evil.example",
          "/%5Cevil.example",
          "good@evil.example",
        ]) {
          const refused = await page.goto(`${start}?return=${path}`);
          expect(refused?.status()).toBe(422);
        }
      },
      DEADLINE_MS,
    );

    test(
      "linked from a session it signs that user in; a link of another browser, and a code twice, do not",
      async () => {
        await using service = await startWithProvider({ TODOS_OIDC_AUDIENCE: AUDIENCE });
        const page = await visitor(service);
        await setUp(service, page);
        const bearer = { authorization: `Bearer ${await provider.clientToken()}` };
        const byToken = async () => (await fetch(`${service.url}/me`, { headers: bearer })).status;
        expect(await byToken()).toBe(401);

        const stranger = await visitor(service);
        await travelled(stranger, `${localhost(service)}/sessions/oidc`, "todos");
        expect((await asked(stranger, "GET", "/me")).status).toBe(401);

        const begun = await asked(page, "POST", "/me/identities", { return: "/actuator/health" });
        expect(begun.status).toBe(200);
        // Another browser that follows the address signs in there, and links nothing here.
        const other = await visitor(service);
        await travelled(other, String(begun.body.url), "eve");
        const identities = async () => (await asked(page, "GET", "/me/identities")).body;
        expect(await identities()).toMatchObject({ _embedded: { identities: [] } });

        const again = await asked(page, "POST", "/me/identities", { return: "/actuator/health" });
        await travelled(page, String(again.body.url), "todos");
        const linked = { issuer: provider.issuer, subject: "todos" };
        expect(await identities()).toMatchObject({ _embedded: { identities: [linked] } });
        expect(await byToken()).toBe(200);

        await travelled(stranger, `${localhost(service)}/sessions/oidc?return=/actuator/health`, "todos");
        expect((await asked(stranger, "GET", "/me")).body).toMatchObject({ login: "root" });
      },
      DEADLINE_MS,
    );
  });
});
