import { describe, expect, test } from "bun:test";
import { arrivalIn } from "../../../src/adapters/ui/accounts/door.tsx";
import { asQuery } from "../../../src/adapters/ui/accounts/resources.ts";
import { browserName } from "../../../src/adapters/ui/accounts/sessions.tsx";

describe("what the address says of a link that was followed", () => {
  test.each([
    ["#/link?at=password%2Fabc", { at: "password/abc", problem: undefined }],
    ["#/link?at=links%2Fabc&problem=not-found", { at: "links/abc", problem: "not-found" }],
    ["#/sign-in?problem=provider-unavailable", { at: undefined, problem: "provider-unavailable" }],
    ["#/inbox?at=password%2Fabc", { at: undefined, problem: undefined }],
    ["", { at: undefined, problem: undefined }],
  ])("%s", (hash, arrival) => {
    expect(arrivalIn(hash)).toEqual(arrival);
  });
});

test("a form without a body says in the query what there is to say", () => {
  const template = { method: "DELETE", target: "https://todos.example/a?b=c", properties: [] };
  expect(asQuery(template, { lists: "x y" }).target).toBe("https://todos.example/a?b=c&lists=x+y");
});

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome · Linux"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140", "Edge · Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1", "Safari · iPhone"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Firefox/140.0", "Firefox · macOS"],
  ["curl/8.5.0", "curl/8.5.0"],
])("a session of %s is shown as %s", (agent, name) => {
  expect(browserName(agent)).toBe(name);
});
