import { afterAll, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { bearerTokensOf } from "../../../src/adapters/identity/oidc/bearer.ts";
import { Issuer } from "../../../src/adapters/identity/oidc/issuer.ts";
import {
  type BearerTokens,
  IdentityError,
  IssuerUnreachable,
} from "../../../src/application/accounts/ports.ts";

const AUDIENCE = "https://todos.example";
const NOW_S = 1_900_000_000;

interface Key {
  readonly kid: string;
  readonly secret: KeyObject;
  readonly jwk: object;
}
function newKey(kid: string): Key {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  return { kid, secret: privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig" } };
}
const OURS = newKey("ours");
const THEIRS = newKey("theirs");

// A provider of one key, which counts what it is asked.
let keys: unknown = { keys: [OURS.jwk] };
let keysStatus = 200;
const asked = { keys: 0, elsewhere: 0 };
const peer: Bun.Server<undefined> = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/.well-known/openid-configuration")
      return Response.json({ issuer, jwks_uri: `${issuer}/keys` });
    if (pathname === "/keys") {
      asked.keys++;
      return typeof keys === "string" ? new Response(keys) : Response.json(keys, { status: keysStatus });
    }
    asked.elsewhere++;
    return Response.json({ keys: [THEIRS.jwk] });
  },
});
const issuer: string = `http://127.0.0.1:${peer.port}`;
afterAll(() => peer.stop(true));

let nowMs = NOW_S * 1_000;
let tokens: BearerTokens;
beforeEach(() => {
  keys = { keys: [OURS.jwk] };
  keysStatus = 200;
  asked.keys = 0;
  asked.elsewhere = 0;
  nowMs = NOW_S * 1_000;
  const clock = { now: () => nowMs };
  tokens = bearerTokensOf(
    new Issuer({ issuer, clientId: "todos", clientSecret: undefined }, clock),
    AUDIENCE,
    clock,
  );
});

const coded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const GOOD = { iss: issuer, aud: AUDIENCE, sub: "ann", iat: NOW_S, exp: NOW_S + 300 };

function token(claims: object = {}, header: object = {}, key: Key = OURS): string {
  const data = `${coded({ alg: "RS256", typ: "at+jwt", kid: key.kid, ...header })}.${coded({ ...GOOD, ...claims })}`;
  return `${data}.${sign("sha256", Buffer.from(data), key.secret).toString("base64url")}`;
}
const outcome = (given: string) =>
  tokens.verified(given).then(
    (identity) => identity?.subject ?? "no JWT",
    (error: unknown) => {
      if (error instanceof IdentityError) return error.message;
      if (error instanceof IssuerUnreachable) return "unreachable";
      throw error;
    },
  );

test("a good token names its user; several audiences, JWT as type and none are fine", async () => {
  expect(await tokens.verified(token())).toEqual({ issuer, subject: "ann" });
  const others = [token({ aud: ["x", AUDIENCE] }), token({}, { typ: "JWT" }), token({}, { typ: undefined })];
  for (const other of others) expect(await outcome(other)).toBe("ann");
  expect(asked).toEqual({ keys: 1, elsewhere: 0 });
});

describe("a token that is not good", () => {
  const publicPem = createPublicKey(OURS.secret).export({ type: "spki", format: "pem" });
  const hmac = (alg: string) => {
    const data = `${coded({ alg, kid: OURS.kid })}.${coded(GOOD)}`;
    return `${data}.${new Bun.CryptoHasher("sha256", publicPem as string).update(data).digest("base64url")}`;
  };
  const unsigned = (alg: string) => `${coded({ alg })}.${coded(GOOD)}.`;
  const mistakes: Readonly<Record<string, () => string>> = {
    "alg none": () => unsigned("none"),
    "alg NONE": () => unsigned("NONE"),
    "no alg": () => `${coded({})}.${coded(GOOD)}.`,
    "HS256 by the public key's text": () => hmac("HS256"),
    "no signature": () => `${token().split(".").slice(0, 2).join(".")}.`,
    "another key's signature": () => token({}, { kid: OURS.kid }, THEIRS),
    "other claims under that signature": () => {
      const [header, , signature] = token().split(".");
      return `${header}.${coded({ ...GOOD, sub: "eve" })}.${signature}`;
    },
    "another audience": () => token({ aud: "https://other.example" }),
    "no audience": () => token({ aud: undefined }),
    "an audience that begins like ours": () => token({ aud: `${AUDIENCE}.evil.example` }),
    "another issuer": () => token({ iss: "https://evil.example" }),
    "no issuer": () => token({ iss: undefined }),
    expired: () => token({ exp: NOW_S - 31 }),
    "no expiry": () => token({ exp: undefined }),
    "expiry as text": () => token({ exp: String(NOW_S + 300) }),
    "not yet valid": () => token({ nbf: NOW_S + 31 }),
    "no subject": () => token({ sub: undefined }),
    "its key's address in the header (jku)": () => token({}, { jku: `${issuer}/evil` }, THEIRS),
    "its key's address in the header (x5u)": () => token({}, { x5u: `${issuer}/evil` }, THEIRS),
    "its key in the header (jwk)": () => token({}, { jwk: THEIRS.jwk }, THEIRS),
    "a critical extension": () => token({}, { crit: ["x"], x: 1 }),
    "another type": () => token({}, { typ: "logout+jwt" }),
    "an ID token": () => token({ nonce: "n" }),
  };
  for (const [mistake, made] of Object.entries(mistakes)) {
    test(`${mistake}: refused`, async () => {
      expect(await outcome(made())).toMatch(/^The token/);
      expect(asked.elsewhere).toBe(0);
    });
  }

  test("half a minute between the clocks is forgiven", async () => {
    expect(await outcome(token({ exp: NOW_S - 29 }))).toBe("ann");
    expect(await outcome(token({ nbf: NOW_S + 29 }))).toBe("ann");
  });

  test("what is no JWT is left to others, and nonsense asks the provider for nothing", async () => {
    for (const text of ["", "todos_abc", "a.b", "a.b.c.d", "a b.c.d", `a.b.${"c".repeat(8_192)}`])
      expect(await outcome(text)).toBe("no JWT");
    for (const text of ["a.b.c", `${coded([])}.${coded(1)}.x`, unsigned("none"), hmac("HS256")])
      expect(await outcome(text)).toMatch(/^The token/);
    expect(asked.keys).toBe(0);
  });
});

test("an unknown key makes us ask for the keys again, at most once a minute", async () => {
  // jose measures that minute by the real clock.
  expect(await outcome(token())).toBe("ann");
  for (let round = 0; round < 20; round++) expect(await outcome(token({}, {}, THEIRS))).toMatch(/^The token/);
  expect(asked.keys).toBe(1);
  keys = { keys: [OURS.jwk, THEIRS.jwk] };
  try {
    setSystemTime(new Date(Date.now() + 61_000));
    expect(await outcome(token({}, {}, THEIRS))).toBe("ann");
    expect(asked.keys).toBe(2);
  } finally {
    setSystemTime();
  }
});

test("a provider that fails is not the token's fault", async () => {
  for (const answer of ["<html>", [], { keys: "none" }]) {
    keys = answer;
    expect(await outcome(token())).toBe("unreachable");
  }
  keysStatus = 500;
  expect(await outcome(token())).toBe("unreachable");
});
