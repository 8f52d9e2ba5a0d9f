import { describe, expect, test } from "bun:test";
import { ANYONE, inboxOf, NOBODY } from "../../src/application/caller.ts";
import {
  type Caller,
  decided,
  type ListRight,
  type Right,
  type Role,
  type User,
} from "../../src/domain/access.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";

const USER: User = {
  kind: "user",
  id: "u",
  login: "ada",
  name: "Ada",
  role: "user",
  inboxId: "inbox of ada",
  way: "session",
};
const ADMIN: User = { ...USER, role: "admin" };
const GUEST: Caller = { kind: "guest", link: "l", checklistId: "list", role: "editor" };
const LIST_RIGHTS: readonly ListRight[] = ["read", "members", "write", "rename", "share", "delete", "leave"];

/** The rights, of those given, that the caller has when it writes. */
function allowed(caller: Caller, rights: readonly Right[], role?: Role): Right[] {
  return rights.filter((right) => decided(caller, right, role, false) === "allowed");
}

describe("on a checklist", () => {
  test.each<[role: Role | undefined, rights: ListRight[]]>([
    ["owner", ["read", "members", "write", "rename", "share", "delete"]],
    ["editor", ["read", "members", "write", "rename", "leave"]],
    ["viewer", ["read", "members", "leave"]],
    [undefined, []],
  ])("%s: %p", (role, rights) => {
    expect(allowed(USER, LIST_RIGHTS, role)).toEqual(rights);
    expect(allowed(ADMIN, LIST_RIGHTS, role)).toEqual(rights);
  });

  test("without a role it is hidden, and with one the missing right is named", () => {
    expect(decided(USER, "delete", undefined, false)).toBe("hidden");
    expect(decided(USER, "delete", "editor", false)).toEqual({ forbidden: "delete" });
    expect(decided(GUEST, "share", "editor", false)).toEqual({ forbidden: "share" });
  });
});

describe("without accounts", () => {
  test("anyone may do everything there is, and nothing of accounts is there", () => {
    expect(
      allowed(ANYONE, ["open", "own", "create-list", "operate", "read", "write", "rename", "delete"]),
    ).toHaveLength(8);
    for (const right of [
      "sign-in",
      "signed-in",
      "credentials",
      "admin",
      "members",
      "share",
      "leave",
    ] as const) {
      expect(decided(ANYONE, right, undefined, true)).toBe("hidden");
    }
  });
});

describe("with accounts", () => {
  test("nobody: what is open, and the ways in", () => {
    expect(decided(NOBODY, "open", undefined, true)).toBe("allowed");
    expect(decided(NOBODY, "sign-in", undefined, false)).toBe("allowed");
    for (const right of ["own", "signed-in", "admin", "operate", "create-list", "read"] as const) {
      expect(decided(NOBODY, right, undefined, true)).toBe("unauthenticated");
    }
  });

  test("users and operation of the service are for admins", () => {
    expect(decided(USER, "admin", undefined, true)).toEqual({ forbidden: "admin" });
    expect(decided(USER, "operate", undefined, true)).toEqual({ forbidden: "operate" });
    expect(allowed(ADMIN, ["admin", "operate"])).toEqual(["admin", "operate"]);
  });

  test("a guest has its list, and nothing of a user", () => {
    expect(allowed(GUEST, ["own", "signed-in", "credentials", "admin", "operate", "create-list"])).toEqual([
      "own",
    ]);
  });

  test("a guest learns nothing of members, and has no membership to end", () => {
    expect(allowed(GUEST, LIST_RIGHTS, "editor")).toEqual(["read", "write", "rename"]);
  });
});

describe("API tokens", () => {
  const token = (more: Partial<User>): User => ({
    ...ADMIN,
    way: "token",
    scopes: ["read", "write", "admin"],
    ...more,
  });

  test("a scope is checked by method, whatever the right", () => {
    for (const right of ["read", "own", "signed-in", "admin", "operate"] as const) {
      expect(decided(token({ scopes: ["write", "admin"] }), right, "owner", true)).toEqual({
        forbidden: "scope read",
      });
      expect(decided(token({ scopes: ["read", "admin"] }), right, "owner", false)).toEqual({
        forbidden: "scope write",
      });
    }
  });

  test("an admin's token needs the scope admin for what admins do", () => {
    expect(decided(token({ scopes: ["read"] }), "admin", undefined, true)).toEqual({
      forbidden: "scope admin",
    });
    expect(decided(token({ scopes: ["read", "admin"] }), "operate", undefined, true)).toBe("allowed");
    expect(decided(token({ role: "user" }), "admin", undefined, true)).toEqual({ forbidden: "admin" });
  });

  test("none can make or change credentials, and one for some lists has nothing else", () => {
    expect(allowed(token({}), ["signed-in", "credentials"])).toEqual(["signed-in"]);
    const some = token({ checklists: ["list"] });
    expect(allowed(some, ["own", "signed-in", "credentials", "admin", "operate", "create-list"])).toEqual([
      "own",
    ]);
  });
});

test("the inbox is the caller's own; a guest's is its list", () => {
  expect(inboxOf(ANYONE)).toBe(INBOX_ID);
  expect(inboxOf(USER)).toBe("inbox of ada");
  expect(inboxOf(GUEST)).toBe("list");
});
