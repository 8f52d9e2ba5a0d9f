import { expect, test } from "bun:test";
import { NOBODY } from "../../src/application/caller.ts";
import { RememberedCallers } from "../../src/application/remembered-callers.ts";
import type { Caller, Role, User } from "../../src/domain/access.ts";

const ADA: User = {
  kind: "user",
  id: "u",
  login: "ada",
  name: "Ada",
  role: "user",
  inboxId: "i",
  way: "session",
};

/** A store's answers, how often it was asked, and its counter of changes. */
function source() {
  const state = {
    caller: ADA as Caller,
    role: "viewer" as Role | undefined,
    mark: 1 as number | undefined,
    now: 0,
  };
  const asked = { callers: 0, roles: 0 };
  const callers = new RememberedCallers(
    {
      resolve: () => {
        asked.callers++;
        return state.caller;
      },
      roleOn: () => {
        asked.roles++;
        return state.role;
      },
    },
    { clock: { now: () => state.now }, changeMark: () => state.mark },
  );
  return { state, asked, callers };
}

test("as long as nothing changes, caller and role are looked up once", () => {
  const { asked, callers } = source();
  for (let request = 0; request < 3; request++) {
    const caller = callers.resolve({ session: "s" }) as Caller;
    expect([caller, callers.roleOn(caller, "list")]).toEqual([ADA, "viewer"]);
  }
  expect(asked).toEqual({ callers: 1, roles: 1 });
});

test("any change in the store is seen by the next question, also in the middle of a request", () => {
  const { state, callers } = source();
  const caller = callers.resolve({ session: "s" }) as Caller;
  expect(callers.roleOn(caller, "list")).toBe("viewer");
  state.role = undefined;
  state.mark = 2;
  expect(callers.roleOn(caller, "list")).toBeUndefined();
  state.caller = NOBODY;
  state.mark = 3;
  expect(callers.resolve({ session: "s" })).toEqual(NOBODY);
});

test("what ends by time ends a second later at most, and so if the clock is set back", () => {
  const { state, asked, callers } = source();
  for (const now of [0, 999, 1_000, 5_000, 10]) {
    state.now = now;
    void callers.resolve({ bearer: "t" });
  }
  expect(asked.callers).toBe(4);
});

test("a session and a token with the same text are two; a bearer counts alone", () => {
  const { asked, callers } = source();
  void callers.resolve({ session: "x" });
  void callers.resolve({ bearer: "x" });
  void callers.resolve({ bearer: "x", session: "another" });
  expect(asked.callers).toBe(2);
});

test("what a proxy says is asked about each time, and never taken for what a cookie said", () => {
  const { asked, callers } = source();
  void callers.resolve({ session: "s" });
  for (const login of ["ada", "bob"])
    void callers.resolve({ session: "s", vouched: { kind: "login", login } });
  expect(asked.callers).toBe(3);
});

test("guesses, and stores that can't tell, are asked each time", () => {
  const { state, asked, callers } = source();
  state.caller = NOBODY;
  for (let guess = 0; guess < 3; guess++) void callers.resolve({ bearer: `guess ${guess % 2}` });
  expect(asked.callers).toBe(3);
  state.caller = ADA;
  state.mark = undefined;
  for (let request = 0; request < 2; request++)
    void callers.roleOn(callers.resolve({ session: "s" }) as Caller, "list");
  expect(asked).toEqual({ callers: 5, roles: 2 });
});
