import { describe, expect, test } from "bun:test";
import { hostFilter, hostNameOf, isLoopbackName } from "../../src/lib/hosts.ts";

describe("the name in a Host header", () => {
  const names: readonly [string, string][] = [
    ["todos.example", "todos.example"],
    ["Todos.EXAMPLE.:8181", "todos.example"],
    ["127.0.0.1:8181", "127.0.0.1"],
    ["[::1]:8181", "[::1]"],
    ["[0:0:0:0:0:0:0:1]", "[::1]"],
    ["2001:DB8::7", "[2001:db8::7]"],
    ["a:", "a"],
  ];
  test.each(names)("%s is %s", (authority, name) => expect(hostNameOf(authority)).toBe(name));
});

describe("a loopback name", () => {
  const loopback = [
    "localhost",
    "LOCALHOST.:80",
    "todos.localhost",
    "127.0.0.1",
    "127.9.9.9:1",
    "[::1]:8181",
  ];
  test.each([...loopback, "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]"])("is %s", (host) =>
    expect(isLoopbackName(hostNameOf(host))).toBe(true),
  );
  const others = [
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost",
    "10.0.0.1",
    "0.0.0.0",
  ];
  test.each([...others, "[::2]", "[::ffff:10.0.0.1]", "127.0.0.1x", ""])("is not %s", (host) =>
    expect(isLoopbackName(hostNameOf(host))).toBe(false),
  );
});

test("a filter accepts its own names and loopback names, in any spelling and with any port", () => {
  const isAllowed = hostFilter(["Todos.example", "*.team.example", "10.0.0.7", "2001:db8::7"]);
  const good = ["todos.example:1", "TODOS.example.", "a.team.example", "a.b.team.example:9", "10.0.0.7:80"];
  for (const host of [...good, "[2001:DB8:0::7]:81", "localhost:8181"])
    expect([host, isAllowed(host)]).toEqual([host, true]);
  const bad = ["evil.example", "todos.example.evil.example", "team.example", "xteam.example", "10.0.0.8", ""];
  for (const host of bad) expect([host, isAllowed(host)]).toEqual([host, false]);
});

test("an asterisk accepts everything", () => {
  expect(hostFilter(["*"])("evil.example")).toBe(true);
});
