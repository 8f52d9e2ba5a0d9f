import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../..");
const HERE = "test/acceptance/accounts";
const APPLICATION = "test/application/accounts";
const BEARER = "test/adapters/identity/bearer.test.ts";
const PROXY = "test/adapters/identity/proxy.test.ts";
const RETURN = "test/lib/local-path.test.ts";
const SHARING = `${HERE}/sharing.test.ts`;
const FORGERY = `${HERE}/forgery.test.ts`;
const DOCS_PAGE = `${HERE}/docs-page.test.ts`;
const PAGE = {
  file: "test/acceptance/page/members.test.ts",
  name: "names of people, lists and tasks with HTML in them are text on every page and in every dialog",
};

interface Held {
  readonly file: string;
  /** Of the test, or of its row in a table of tests. */
  readonly name: string;
}

/** What services with accounts have got wrong before, and the tests that fail if this one does. */
const MISTAKES: Readonly<Record<string, readonly Held[]>> = {
  "linking by e-mail or user name": [
    {
      file: `${APPLICATION}/provider-sign-in.test.ts`,
      name: "an unknown identity is nobody, even if its login is a user's",
    },
    {
      file: `${HERE}/ways-in.test.ts`,
      name: "who signs up there is a user from then on, and an admin by group; without that nobody is, by whatever name",
    },
  ],
  "signing in elsewhere around the second factor": [
    {
      file: `${APPLICATION}/provider-sign-in.test.ts`,
      name: "signing in elsewhere does not replace the second factor",
    },
  ],
  "a reset or invitation link that works twice": [
    {
      file: `${HERE}/users.test.ts`,
      name: "POST /users → 201 with a link that works once, even if six use it at the same time",
    },
    {
      file: `${APPLICATION}/accounts.test.ts`,
      name: "work once, even if others try at the same time, and are not found from then on",
    },
  ],
  "a reset or invitation link that never dies": [
    {
      file: `${APPLICATION}/accounts.test.ts`,
      name: "end after seven days, with a newer one, and with the user's being disabled",
    },
  ],
  "a share link that outlives its deletion, also in an open event stream": [
    {
      file: SHARING,
      name: "dies the moment it is revoked: for those who have opened it, in an open stream, and to open",
    },
  ],
  "a scope checked by path and not by method": [
    {
      file: `${HERE}/tokens.test.ts`,
      name: "a scope counts by method, whatever the path; a token makes no tokens",
    },
  ],
  "a scope that is missing on one way in: Basic, cookie, query": [
    {
      file: `${HERE}/tokens.test.ts`,
      name: "a token counts only in Authorization: not in the query, the cookie or Basic",
    },
    { file: FORGERY, name: "in the query, in a body or by Basic → 401 with WWW-Authenticate: Bearer" },
  ],
  "an id of somebody else in the body": [
    {
      file: `${HERE}/own.test.ts`,
      name: "named in a body it is not there either: nothing is created in it or moved into it",
    },
  ],
  "a rate limit by whole IPv6 addresses": [
    {
      file: `${HERE}/sessions.test.ts`,
      name: "a whole /64 of IPv6 counts as one address; the next one does not",
    },
    { file: "test/adapters/http/peers.test.ts", name: "all addresses of one IPv6 /64 count as one" },
  ],
  "a redirect to //evil.example": [
    { file: RETURN, name: "//evil.example" },
    { file: `${HERE}/ways-in.test.ts`, name: "//evil.example" },
  ],
  "a redirect to good@evil.example": [
    { file: RETURN, name: "good.example@evil.example" },
    { file: `${HERE}/ways-in.test.ts`, name: "good@evil.example" },
  ],
  "a set-up code used by two at once": [
    {
      file: `${HERE}/set-up.test.ts`,
      name: "POST /set-up by eight at once: one is the admin, the others get 404",
    },
    {
      file: `${APPLICATION}/accounts.test.ts`,
      name: "by eight at once, with %s: one of them becomes the admin",
    },
  ],
  "a proxy's header sent by a client": [
    {
      file: `${HERE}/proxy.test.ts`,
      name: "its user is a user here; what clients send beside it, or around it, counts for nothing",
    },
    { file: PROXY, name: "from another peer, with another secret or without one it counts for nothing" },
  ],
  "a proxy's header with odd spelling or underscores": [
    { file: PROXY, name: "with underscores it is another header; empty it is none" },
    { file: PROXY, name: "a trusted proxy that knows the secret says who it is; logins are lower-cased" },
  ],
  "a proxy's header sent twice": [
    { file: PROXY, name: "sent twice, or what is no login, is unclear" },
    { file: PROXY, name: "a secret sent twice, by the client and by the proxy, is wrong" },
  ],
  "Origin: null": [{ file: FORGERY, name: "a sandboxed frame" }],
  "a cookie from a sibling subdomain": [
    { file: FORGERY, name: "two cookies of one name, as when a sibling domain sets one: none counts" },
    {
      file: `${HERE}/sessions.test.ts`,
      name: "behind TLS the cookie has the prefix that no sibling domain can set, and no other one counts",
    },
  ],
  "session fixation": [
    {
      file: `${HERE}/sessions.test.ts`,
      name: "a secret that somebody planted in the browser is not the one it has after signing in",
    },
  ],
  "the timing of unknown logins": [
    {
      file: `${HERE}/sessions.test.ts`,
      name: "the time of an answer does not tell whether there is such a login",
    },
  ],
  "a token in a URL": [
    {
      file: `${HERE}/tokens.test.ts`,
      name: "a token counts only in Authorization: not in the query, the cookie or Basic",
    },
  ],
  "a token in a log": [
    {
      file: FORGERY,
      name: "neither a token nor a session's secret is in the log, wherever a client puts it",
    },
    {
      file: `${HERE}/users.test.ts`,
      name: "the audit log says who did what, from where, on what; no secret is in any line",
    },
  ],
  "oversized passwords": [
    {
      file: `${HERE}/sessions.test.ts`,
      name: "an oversized password is refused before it is hashed, wherever one can be given",
    },
    { file: "test/domain/account.test.ts", name: "ten million letters" },
  ],
  "a JWT with alg: none": [
    { file: BEARER, name: "alg none" },
    { file: BEARER, name: "alg NONE" },
  ],
  "a JWT for another audience": [{ file: BEARER, name: "another audience" }],
  "a JWT of another issuer": [{ file: BEARER, name: "another issuer" }],
  "a JWT with its key's URL in the header": [
    { file: BEARER, name: "its key's address in the header (jku)" },
    { file: BEARER, name: "its key's address in the header (x5u)" },
  ],
  "an expired JWT": [{ file: BEARER, name: "expired" }],
  "a JWT that is not yet valid": [{ file: BEARER, name: "not yet valid" }],
  "script in display names": [
    PAGE,
    {
      file: DOCS_PAGE,
      name: "signing in there makes its requests the user's, and signing out ends that; names are text",
    },
    {
      file: SHARING,
      name: "names with HTML in them are data everywhere: as they are in JSON, and nowhere else",
    },
  ],
  "script in names of lists": [
    PAGE,
    {
      file: DOCS_PAGE,
      name: "signing in there makes its requests the user's, and signing out ends that; names are text",
    },
    {
      file: SHARING,
      name: "names with HTML in them are data everywhere: as they are in JSON, and nowhere else",
    },
  ],
  "forged requests by a form, an image, or fetch without a preflight": [
    {
      file: FORGERY,
      name: "a form, which needs no preflight → 403 before its body is looked at; an image only reads",
    },
    { file: FORGERY, name: "%s → 403 for what changes something, and nothing is changed" },
  ],
  "DNS rebinding": [
    {
      file: FORGERY,
      name: "DNS rebinding: a page that gives our address its own name has no cookie of ours, and on loopback no answer",
    },
    {
      file: "test/acceptance/rebinding.test.ts",
      name: "a page whose name later leads to the service (DNS rebinding) can neither read nor write there",
    },
  ],
};

test("every known mistake has a test", async () => {
  const missing: string[] = [];
  for (const [mistake, tests] of Object.entries(MISTAKES)) {
    for (const { file, name } of tests) {
      const source = await Bun.file(join(ROOT, file)).text();
      if (!isNamed(source, name)) missing.push(`${mistake}: ${file} has no test named ${name}`);
    }
  }
  expect(missing).toEqual([]);
  const all = Object.keys(MISTAKES).length;
  console.log(`note: accounts, known mistakes of others: all ${all} have tests that fail on them`);
});

/** As a text, or as the key of a row; a test that is skipped fails in CI. */
function isNamed(source: string, name: string): boolean {
  return source.includes(`"${name}"`) || new RegExp(`^\\s*${RegExp.escape(name)}: `, "m").test(source);
}
