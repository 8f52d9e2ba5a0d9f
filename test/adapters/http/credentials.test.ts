import { describe, expect, test } from "bun:test";
import { credentialsIn, endedCookie, sessionCookie } from "../../../src/adapters/http/kernel/credentials.ts";
import { LinkBase } from "../../../src/adapters/http/kernel/links.ts";
import { isOwnPage } from "../../../src/adapters/http/kernel/origins.ts";

const PLAIN = new LinkBase("http://todos.example:8181", "e", true);
const SECURE = new LinkBase("https://todos.example/api", "e", true);

const given = (headers: Record<string, string>, base = PLAIN) => credentialsIn(new Headers(headers), base);

describe("credentials of a request", () => {
  test("come from the cookie, or from Authorization: Bearer, which then counts alone", () => {
    expect(given({ cookie: "a=b; todos=secret; c=d" })).toEqual({ session: "secret" });
    expect(given({ authorization: "bearer  abc.def" })).toEqual({ bearer: "abc.def" });
    expect(given({ authorization: "Bearer abc", cookie: "todos=secret" })).toEqual({ bearer: "abc" });
    expect(given({ authorization: "Bearer", cookie: "todos=secret" })).toEqual({ bearer: "" });
    expect(given({ authorization: "Bearer a b", cookie: "todos=secret" })).toEqual({ bearer: "" });
  });

  test.each([
    ["Basic", { authorization: "Basic dG9kb3M6c2VjcmV0" }],
    ["another scheme", { authorization: "Token secret" }],
    ["another cookie", { cookie: "Todos=secret; xtodos=secret; todos2=secret; todos" }],
  ])("%s carries none", (_, headers) => {
    expect(given(headers)).toEqual({});
  });

  test("over HTTPS only the cookie counts that no sibling domain can set", () => {
    expect(given({ cookie: "todos=tossed; __Host-todos=mine" }, SECURE)).toEqual({ session: "mine" });
    expect(given({ cookie: "todos=tossed" }, SECURE)).toEqual({});
    // A blank of another kind, which a browser takes for a part of a name without the prefix.
    expect(given({ cookie: "\u00a0__Host-todos=tossed" }, SECURE)).toEqual({});
  });

  test("what was found in a header is found again, under the same kind of base", () => {
    const cookie = "todos=plain; __Host-todos=secure";
    for (let request = 0; request < 2; request++) {
      expect([given({ cookie }), given({ cookie }, SECURE)]).toEqual([
        { session: "plain" },
        { session: "secure" },
      ]);
      expect(given({ authorization: "Basic x", cookie })).toEqual({ session: "plain" });
    }
  });

  test("of two cookies with the name none counts: one may be a sibling domain's", () => {
    expect(given({ cookie: "todos=mine; todos=tossed" })).toEqual({});
    expect(given({ cookie: "__Host-todos=tossed; __Host-todos=mine" }, SECURE)).toEqual({});
  });

  test("the cookie is kept from scripts and from other sites, and over HTTPS from other hosts", () => {
    expect(sessionCookie(PLAIN, "s", 60)).toBe("todos=s; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    expect(sessionCookie(SECURE, "s", 60)).toBe(
      "__Host-todos=s; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
    );
    expect(endedCookie(SECURE)).toBe("__Host-todos=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
  });
});

describe("the page that sends a request", () => {
  const own = (headers: Record<string, string>, base = SECURE) => isOwnPage(new Headers(headers), base);

  test.each([
    ["same-origin", true],
    ["same-site", false],
    ["cross-site", false],
    ["none", false],
  ])("Sec-Fetch-Site: %s → ours: %p, whatever Origin says", (site, isOurs) => {
    expect(own({ "sec-fetch-site": site, origin: "https://todos.example" })).toBe(isOurs);
  });

  test.each([
    ["https://todos.example", true],
    ["http://todos.example", false],
    ["https://todos.example:8181", false],
    ["https://evil.todos.example", false],
    ["https://todos.example.evil", false],
    ["null", false],
    ["", false],
  ])("Origin: %s → ours: %p", (origin, isOurs) => {
    expect(own({ origin })).toBe(isOurs);
  });

  test("without either nothing is known", () => {
    expect(own({ referer: "https://todos.example/" })).toBeUndefined();
    expect(own({ origin: "http://todos.example:8181" }, PLAIN)).toBe(true);
  });
});
