import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, BrowserContext } from "playwright-core";
import { bearerTokensOf } from "../../../src/adapters/identity/oidc/bearer.ts";
import { Issuer } from "../../../src/adapters/identity/oidc/issuer.ts";
import { signInAt } from "../../../src/adapters/identity/oidc/sign-in.ts";
import { IdentityError, IssuerUnreachable } from "../../../src/application/accounts/ports.ts";
import { HAS_BROWSER, launched } from "../../support/browser.ts";
import {
  AUDIENCE,
  CLIENT,
  type RunningProvider,
  signInThere,
  startProvider,
} from "../../support/oidc-provider.ts";

const DEADLINE_MS = 60_000;
const inBrowser = describe.skipIf(!HAS_BROWSER);
const clock = { now: () => Date.now() };

inBrowser("sign-in at an OpenID provider of others, through a browser", () => {
  let browser: Browser;
  let provider: RunningProvider;
  const home = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("back") });
  const redirectUri = `http://127.0.0.1:${home.port}/sessions/oidc/callback`;

  beforeAll(async () => {
    browser = await launched();
    provider = await startProvider();
    provider.admit([redirectUri]);
    provider.groups.set("ann", ["staff", "todos-admins"]);
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.close();
    await provider?.[Symbol.asyncDispose]();
    await home.stop(true);
  });

  const issuerWith = (over: object = {}) =>
    new Issuer({ issuer: provider.issuer, ...CLIENT, ...over }, clock);

  /** What the browser brings back from the provider. */
  async function visit(url: string, login: string): Promise<string> {
    const context: BrowserContext = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(url);
      if (page.url().startsWith(provider.issuer)) await signInThere(page, login);
      await page.waitForURL((at) => at.href.startsWith(redirectUri));
      return new URL(page.url()).search;
    } finally {
      await context.close();
    }
  }
  const refusal = (finish: Promise<unknown>) =>
    finish.then(
      () => "accepted",
      (error: unknown) => {
        if (error instanceof IdentityError) return error.message;
        throw error;
      },
    );

  test(
    "a user comes back with issuer, subject, name and groups; the code works once",
    async () => {
      const signIn = signInAt(issuerWith());
      const { url, begun } = await signIn.begin(redirectUri);
      const asked = new URL(url).searchParams;
      expect(asked.get("code_challenge_method")).toBe("S256");
      expect(asked.get("scope")).toBe("openid profile groups");
      const search = await visit(url, "ann");
      const identity = await signIn.finish(search, begun);
      expect(identity).toEqual({
        issuer: provider.issuer,
        subject: "ann",
        login: "ann",
        name: "Name of ann",
        groups: ["staff", "todos-admins"],
      });
      expect(await refusal(signIn.finish(search, begun))).toMatch(/invalid_grant/);
    },
    DEADLINE_MS,
  );

  test(
    "another state or issuer, no code, or a refusal of the provider: no identity, and the code is not used up",
    async () => {
      const signIn = signInAt(issuerWith());
      const { url, begun } = await signIn.begin(redirectUri);
      const search = await visit(url, "ann");
      const changed = (change: (search: URLSearchParams) => void): string => {
        const parameters = new URLSearchParams(search);
        change(parameters);
        return `?${parameters}`;
      };
      const searches = [
        changed((at) => at.set("state", "another")),
        changed((at) => at.append("state", begun.state)),
        changed((at) => at.set("iss", "https://evil.example")),
        changed((at) => at.delete("iss")),
        changed((at) => at.delete("code")),
        changed((at) => {
          at.delete("code");
          at.set("error", "access_denied");
        }),
        "",
      ];
      for (const other of searches) expect(await refusal(signIn.finish(other, begun))).not.toBe("accepted");
      expect(await refusal(signIn.finish(search, { ...begun, state: "another" }))).toMatch(/state/);
      expect(await refusal(signIn.finish(search, begun))).toBe("accepted");
    },
    DEADLINE_MS,
  );

  test(
    "another nonce or verifier: no identity",
    async () => {
      const signIn = signInAt(issuerWith());
      for (const other of [{ nonce: "another" }, { verifier: "a".repeat(43) }]) {
        const { url, begun } = await signIn.begin(redirectUri);
        const search = await visit(url, "ann");
        expect(await refusal(signIn.finish(search, { ...begun, ...other }))).toMatch(/nonce|invalid_grant/);
      }
    },
    DEADLINE_MS,
  );

  test(
    "a wrong client secret is told as such",
    async () => {
      const signIn = signInAt(issuerWith({ clientSecret: "wrong" }));
      const { url, begun } = await signIn.begin(redirectUri);
      expect(await refusal(signIn.finish(await visit(url, "ann"), begun))).toMatch(/invalid_client/);
    },
    DEADLINE_MS,
  );

  test(
    "a JWT that it issued for an API client is verified; one for somebody else is not",
    async () => {
      const token = await provider.clientToken();
      const identity = await bearerTokensOf(issuerWith(), AUDIENCE, clock).verified(token);
      expect(identity).toMatchObject({ issuer: provider.issuer, subject: CLIENT.clientId });
      expect(await refusal(bearerTokensOf(issuerWith(), "another", clock).verified(token))).toMatch(/aud/);
    },
    DEADLINE_MS,
  );
});

describe("a provider's own description", () => {
  /** A provider that says of itself what a test wants. */
  function described(of: (issuer: string) => unknown) {
    let asked = 0;
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => {
        asked++;
        const answer = of(issuer);
        return answer instanceof Response ? answer : Response.json(answer);
      },
    });
    const issuer = `http://127.0.0.1:${server.port}`;
    return { issuer, asked: () => asked, [Symbol.asyncDispose]: () => server.stop(true) };
  }
  const good = (issuer: string) => ({
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/t`,
  });

  test("is asked for once, and again after an hour", async () => {
    await using peer = described(good);
    let now = 0;
    const signIn = signInAt(new Issuer({ issuer: peer.issuer, ...CLIENT }, { now: () => now }));
    await Promise.all([signIn.begin("http://h/cb"), signIn.begin("http://h/cb")]);
    now += 60 * 60_000 - 1;
    await signIn.begin("http://h/cb");
    expect(peer.asked()).toBe(1);
    now += 1;
    await signIn.begin("http://h/cb");
    expect(peer.asked()).toBe(2);
  });

  test("of another issuer, broken, an error or a redirection: unreachable, and not asked again for 10 s", async () => {
    const descriptions: readonly ((issuer: string) => unknown)[] = [
      () => good("https://evil.example"),
      () => [],
      () => new Response("<html>", { headers: { "content-type": "text/html" } }),
      () => new Response("", { status: 500 }),
      (issuer) => Response.redirect(`${issuer}/elsewhere`),
    ];
    for (const description of descriptions) {
      await using peer = described(description);
      let now = 0;
      const signIn = signInAt(new Issuer({ issuer: peer.issuer, ...CLIENT }, { now: () => now }));
      const failure = () => signIn.begin("http://h/cb").catch((error: unknown) => error);
      expect(await failure()).toBeInstanceOf(IssuerUnreachable);
      now = 9_999;
      expect(await failure()).toBeInstanceOf(IssuerUnreachable);
      expect(peer.asked()).toBe(1);
      now = 10_000;
      await failure();
      expect(peer.asked()).toBe(2);
    }
  });

  test("nobody listens: unreachable", async () => {
    const { issuer, ...peer } = described(good);
    await peer[Symbol.asyncDispose]();
    const failure = await signInAt(new Issuer({ issuer, ...CLIENT }, clock))
      .begin("http://h/cb")
      .catch((e) => e);
    expect(failure).toBeInstanceOf(IssuerUnreachable);
  });
});
