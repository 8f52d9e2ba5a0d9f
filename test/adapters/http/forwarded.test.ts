import { describe, expect, test } from "bun:test";
import { type ForwardedFamily, Proxies, type Told } from "../../../src/adapters/http/kernel/forwarded.ts";
import { proxyTrust } from "../../../src/commands/serve/proxy-trust.ts";

const PROXY = "10.0.0.1";
const trusts = (await proxyTrust(["10.0.0.0/8", "fd00::/8"])) ?? (() => false);

function told(
  family: ForwardedFamily,
  headers: Record<string, string>,
  peer: string | undefined = PROXY,
): Told | undefined {
  return new Proxies(trusts, family).told(new Headers(headers), () => peer);
}

const standard = (forwarded: string) => told("forwarded", { forwarded });

describe("Forwarded", () => {
  test("is believed from a trusted peer only", () => {
    const headers = { forwarded: 'for=192.0.2.1;Host="a.example:8443";proto=HTTPS' };
    expect(told("forwarded", headers)).toEqual({ host: "a.example:8443", proto: "https" });
    expect(told("forwarded", headers, "192.0.2.9")).toBeUndefined();
  });

  test("a client's own values are to the left of the proxy's, and are ignored", () => {
    expect(standard("host=evil.example, for=192.0.2.1;host=a.example;proto=https")).toEqual({
      host: "a.example",
      proto: "https",
    });
  });

  test("the farthest proxy counts, as long as all in between are trusted", () => {
    const client = "for=192.0.2.1;host=outer.example;proto=https";
    expect(standard(`host=evil.example, ${client}, for=10.0.0.2;host=inner`)).toEqual({
      host: "outer.example",
      proto: "https",
    });
    expect(standard(`${client}, for="[fd00::2]:4711";host=inner`)?.host).toBe("outer.example");
    for (const stranger of ["192.0.2.7", "unknown", "_hidden", "10.0.0", '"[::1"', "999.0.0.1", ""])
      expect(standard(`${client}, for=${stranger};host=inner`)).toEqual({ host: "inner" });
  });

  test("what the farthest leaves out, a nearer one may add", () => {
    expect(standard("for=192.0.2.1;host=a.example, for=10.0.0.2;proto=https;host=b")).toEqual({
      host: "a.example",
      proto: "https",
    });
  });

  test("an unclosed quote from a client hides nothing that the proxy appended", () => {
    for (const open of ['host=evil.example;x="', 'host=evil.example;x="\\', 'x="";host=evil.example;y="a'])
      expect(standard(`${open}, for=192.0.2.1;host="a.example:1"`)).toBeUndefined();
  });

  test("X-Forwarded-* is then a client's own, and ignored", () => {
    expect(told("forwarded", { "x-forwarded-host": "evil.example" })).toBeUndefined();
  });
});

describe("X-Forwarded-*", () => {
  const customary = (headers: Record<string, string>) =>
    told(
      "x-forwarded",
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [`x-forwarded-${name}`, value])),
    );

  test("is believed from a trusted peer, and Forwarded is then a client's own, and ignored", () => {
    const headers = { "x-forwarded-host": "a.example", "x-forwarded-proto": "https", forwarded: "host=evil" };
    expect(told("x-forwarded", headers)).toEqual({ host: "a.example", proto: "https" });
    expect(told("x-forwarded", headers, "192.0.2.9")).toBeUndefined();
    expect(told("x-forwarded", { forwarded: "host=evil.example" })).toBeUndefined();
  });

  test("a client's own values are to the left of the proxy's, and are ignored", () => {
    expect(customary({ host: "evil.example, a.example", proto: "http, https", for: "192.0.2.1" })).toEqual({
      host: "a.example",
      proto: "https",
    });
  });

  test("the farthest proxy counts, as long as all in between are trusted", () => {
    const host = "evil.example, outer.example, inner";
    expect(customary({ host, for: "1.1.1.1, 192.0.2.1, 10.0.0.2" })?.host).toBe("outer.example");
    expect(customary({ host, for: "1.1.1.1, 192.0.2.1, 10.0.0.2:80" })?.host).toBe("outer.example");
    expect(customary({ host, for: "10.0.0.2, 192.0.2.1" })?.host).toBe("inner");
    expect(customary({ host, for: "not, addresses" })?.host).toBe("inner");
    expect(customary({ host })?.host).toBe("inner");
  });

  test("if the last proxy replaces a header, its value counts", () => {
    expect(customary({ host: "a.example", for: "192.0.2.1, 10.0.0.2" })?.host).toBe("a.example");
  });

  test("a port is added to the host, unless it is the default", () => {
    expect(customary({ host: "x.example", port: "8443" })?.host).toBe("x.example:8443");
    expect(customary({ host: "x.example", port: "443", proto: "https" })?.host).toBe("x.example");
  });

  test("a prefix is a path, and contains nothing that a URL parser or a proxy would read differently", () => {
    for (const good of ["/todo", "/a/b-c/~d", "/caf%C3%A9", "/a.b/..c"])
      expect(customary({ prefix: `${good}/` })).toEqual({ prefix: good });
    const dots = ["/..", "/a/../b", "/./a", "/%2e%2E/a", "/a%2fb", "/a%5cb"];
    const hosts = ["//evil.example", "/a//b", "https://evil.example", "evil.example", "/\\evil.example"];
    const others = [
      "/a?b",
      "/a#b",
      "/a b",
      "/a%00b",
      "/a%0d%0ab",
      "/a%7f",
      "/%c0%ae%c0%ae",
      "/%C2%85",
      "/a%",
      "/<b>",
      `/${"a".repeat(512)}`,
    ];
    for (const bad of [...dots, ...hosts, ...others])
      expect([bad, customary({ prefix: bad })]).toEqual([bad, {}]);
  });

  test("a scheme other than http and https, and a host with anything around it, are ignored", () => {
    expect(customary({ proto: "javascript" })).toEqual({});
    for (const host of ["a.example/path", "user@a.example", 'a"b', "a.example#x", "a b"])
      expect([host, customary({ host })]).toEqual([host, {}]);
  });
});

describe("the client's address", () => {
  function client(family: ForwardedFamily, header: string | undefined, peer = PROXY): string | undefined {
    const name = family === "forwarded" ? "forwarded" : "x-forwarded-for";
    return new Proxies(trusts, family).client(
      new Headers(header === undefined ? {} : { [name]: header }),
      peer,
    );
  }

  test("is what the farthest trusted proxy says, whatever is to the left of it", () => {
    expect(client("x-forwarded", "6.6.6.6, 192.0.2.1")).toBe("192.0.2.1");
    expect(client("x-forwarded", "6.6.6.6, 192.0.2.1, 10.0.0.2")).toBe("192.0.2.1");
    expect(client("forwarded", 'for=6.6.6.6, for="[2001:db8::1]:4711", for=10.0.0.2')).toBe("2001:db8::1");
  });

  test("is the peer's own if that is not a trusted proxy, or says nothing", () => {
    expect(client("x-forwarded", "192.0.2.1", "198.51.100.1")).toBe("198.51.100.1");
    for (const header of [undefined, "", "unknown", "192.0.2.1, unknown"]) {
      expect([header, client("x-forwarded", header)]).toEqual([header, PROXY]);
    }
    for (const header of [undefined, "", "proto=https", 'for="192.0.2.1', "for=_hidden"]) {
      expect([header, client("forwarded", header)]).toEqual([header, PROXY]);
    }
    expect(client("x-forwarded", "unknown, 10.0.0.2")).toBe("10.0.0.2");
  });

  test("is the farthest one if all are trusted", () => {
    expect(client("x-forwarded", "10.0.0.3, 10.0.0.2")).toBe("10.0.0.3");
  });
});
