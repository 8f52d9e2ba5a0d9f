import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { passkeys } from "../../../src/adapters/identity/passkeys/passkeys.ts";
import { type NewPasskey, PasskeyError } from "../../../src/application/accounts/ports.ts";
import { type Authenticator, authenticatorOf, created, got } from "../../support/authenticator.ts";
import { HAS_BROWSER, launched } from "../../support/browser.ts";

const DEADLINE_MS = 60_000;
const inBrowser = describe.skipIf(!HAS_BROWSER);

type Answer = { readonly id: string; readonly response: Readonly<Record<string, string>> };

const challengeOf = () => randomBytes(32).toString("base64url");

inBrowser("passkeys from Chromium's authenticator", () => {
  let browser: Browser;
  let page: Page;
  let authenticator: Authenticator;
  let party: { readonly id: string; readonly origin: string };
  // Secure contexts are on https or localhost.
  const server = Bun.serve({
    port: 0,
    fetch: () => new Response("<title>page</title>", { headers: { "content-type": "text/html" } }),
  });

  beforeAll(async () => {
    browser = await launched(["localhost"]);
    page = await browser.newPage();
    const origin = `http://localhost:${server.port}`;
    party = { id: "localhost", origin };
    await page.goto(origin);
    authenticator = await authenticatorOf(page);
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.close();
    await server.stop(true);
  });

  const creation = (challenge: string, alg: number, userVerification = "required") => ({
    challenge,
    rp: { id: "localhost", name: "todos" },
    user: { id: Buffer.from("user-1").toString("base64url"), name: "ann", displayName: "Ann" },
    pubKeyCredParams: [{ type: "public-key", alg }],
    authenticatorSelection: { residentKey: "required", userVerification },
  });
  const register = async (alg = -7) => {
    const challenge = challengeOf();
    const answer = (await created(page, creation(challenge, alg))) as Answer;
    return { challenge, answer };
  };
  const signIn = async (userVerification = "required") => {
    const challenge = challengeOf();
    const answer = (await got(page, { challenge, rpId: "localhost", userVerification })) as Answer;
    return { challenge, answer };
  };
  const refusal = (verify: () => unknown): string => {
    try {
      verify();
    } catch (error) {
      if (error instanceof PasskeyError) return error.message;
      throw error;
    }
    return "accepted";
  };

  for (const [alg, name] of [
    [-7, "ES256"],
    [-8, "EdDSA"],
    [-257, "RS256"],
  ] as const) {
    test(
      `${name}: a passkey is registered, signs in, counts, and does so once`,
      async () => {
        const { challenge, answer } = await register(alg);
        expect(passkeys.challengeOf(answer)).toBe(challenge);
        const passkey = (await passkeys.registered(answer, challenge, party)) as NewPasskey;
        expect(passkey).toMatchObject({ id: answer.id, transports: ["internal"], backedUp: false });

        let known = passkey;
        for (let round = 0; round < 2; round++) {
          const use = await signIn();
          const named = passkeys.named(use.answer);
          // Chromium asks the newest one first.
          expect(named).toEqual({ id: passkey.id, userId: "user-1" });
          const used = await passkeys.used(use.answer, use.challenge, party, known);
          expect(used.counter).toBeGreaterThan(known.counter);
          known = { ...known, counter: used.counter };
          expect(refusal(() => passkeys.used(use.answer, use.challenge, party, known))).toMatch(/went back/);
        }
      },
      DEADLINE_MS,
    );
  }

  test(
    "another challenge, origin, party or kind of answer is refused",
    async () => {
      const { challenge, answer } = await register();
      const passkey = await passkeys.registered(answer, challenge, party);
      const use = await signIn();
      const parties = { origin: { ...party, origin: "http://localhost:1" }, id: { ...party, id: "host" } };
      expect(refusal(() => passkeys.registered(answer, challengeOf(), party))).toMatch(/another challenge/);
      expect(refusal(() => passkeys.registered(answer, challenge, parties.origin))).toMatch(/not from/);
      expect(refusal(() => passkeys.registered(answer, challenge, parties.id))).toMatch(/not for host/);
      expect(refusal(() => passkeys.registered(use.answer, use.challenge, party))).toMatch(
        /not for webauthn.create/,
      );
      expect(refusal(() => passkeys.used(use.answer, challengeOf(), party, passkey))).toMatch(
        /another challenge/,
      );
      expect(refusal(() => passkeys.used(use.answer, use.challenge, parties.origin, passkey))).toMatch(
        /not from/,
      );
      expect(refusal(() => passkeys.used(use.answer, use.challenge, parties.id, passkey))).toMatch(
        /not for host/,
      );
      expect(refusal(() => passkeys.used(answer, challenge, party, passkey))).toMatch(/not for webauthn.get/);
      expect(refusal(() => passkeys.used(use.answer, use.challenge, party, passkey))).toBe("accepted");
    },
    DEADLINE_MS,
  );

  test(
    "another key, or a byte changed anywhere in what was signed, is refused",
    async () => {
      const first = await register();
      const other = await passkeys.registered(first.answer, first.challenge, party);
      const { challenge, answer } = await register();
      const passkey = await passkeys.registered(answer, challenge, party);
      const use = await signIn();
      expect(refusal(() => passkeys.used(use.answer, use.challenge, party, other))).toMatch(
        /signature is wrong/,
      );
      for (const member of ["authenticatorData", "signature", "clientDataJSON"]) {
        const bytes = Buffer.from(use.answer.response[member] ?? "", "base64url");
        for (let at = 0; at < bytes.length; at++) {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ 0x01;
          const response = { ...use.answer.response, [member]: changed.toString("base64url") };
          const forged = { ...use.answer, response };
          expect(refusal(() => passkeys.used(forged, use.challenge, party, passkey))).not.toBe("accepted");
        }
      }
    },
    DEADLINE_MS,
  );

  test(
    "a registration cut short or changed anywhere is an answer of ours, never another error",
    async () => {
      const { challenge, answer } = await register();
      const bytes = Buffer.from(answer.response.attestationObject ?? "", "base64url");
      const answered = (changed: Uint8Array) => {
        const attestationObject = Buffer.from(changed).toString("base64url");
        const response = { ...answer.response, attestationObject };
        return refusal(() => passkeys.registered({ ...answer, response }, challenge, party));
      };
      for (let length = 0; length < bytes.length; length++)
        expect(answered(bytes.subarray(0, length))).not.toBe("accepted");
      for (let at = 0; at < bytes.length; at++)
        for (const bit of [0x01, 0x20, 0x80]) {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ bit;
          answered(changed);
        }
    },
    DEADLINE_MS,
  );

  test(
    "a user whom the authenticator did not recognize is refused, even where the page asked for less",
    async () => {
      const { challenge, answer } = await register();
      const passkey = await passkeys.registered(answer, challenge, party);
      await authenticator.recognize(false);
      try {
        const use = await signIn("discouraged");
        expect(refusal(() => passkeys.used(use.answer, use.challenge, party, passkey))).toMatch(
          /did not verify/,
        );
      } finally {
        await authenticator.recognize(true);
      }
    },
    DEADLINE_MS,
  );

  test(
    "a page inside another one is refused",
    async () => {
      const { challenge, answer } = await register();
      const passkey = await passkeys.registered(answer, challenge, party);
      const use = await signIn();
      const clientData = JSON.parse(
        Buffer.from(use.answer.response.clientDataJSON ?? "", "base64url").toString(),
      );
      const clientDataJSON = Buffer.from(JSON.stringify({ ...clientData, crossOrigin: true })).toString(
        "base64url",
      );
      const framed = { ...use.answer, response: { ...use.answer.response, clientDataJSON } };
      expect(refusal(() => passkeys.used(framed, use.challenge, party, passkey))).toMatch(/inside another/);
    },
    DEADLINE_MS,
  );
});

test("what is no answer of a browser has no challenge and names nobody", () => {
  const clientDataJSON = Buffer.from("[]").toString("base64url");
  const answers = [
    undefined,
    null,
    1,
    "",
    [],
    {},
    { type: "public-key", id: "a", response: null },
    { type: "public-key", id: 1, response: { clientDataJSON } },
    { type: "public-key", id: "a", response: { clientDataJSON } },
    { type: "public-key", id: "a", response: { clientDataJSON: "e30=" } },
    { type: "public-key", id: "a".repeat(20_000), response: { clientDataJSON: "e30" } },
    { type: "password", id: "a", response: { clientDataJSON: "e30" } },
  ];
  for (const answer of answers) {
    expect(passkeys.challengeOf(answer)).toBeUndefined();
    expect(passkeys.named(answer)).toBeUndefined();
  }
});
