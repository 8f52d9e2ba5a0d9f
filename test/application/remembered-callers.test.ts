import { describe, expect, test } from "bun:test";
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

/**
 * A store's answers, how often it was asked, and its counter of changes.
 * @param keepsRoles whether the counter counts changes of roles
 */
function source({ keepsRoles = true } = {}) {
  const state = {
    caller: ADA as Caller,
    role: "viewer" as Role | undefined,
    mark: 1,
    now: 0,
    /** How long the store thinks. */
    later: undefined as Promise<void> | undefined,
    /** The mark that the last read told. */
    markRead: undefined as number | undefined,
  };
  const asked = { callers: 0, roles: 0, marks: 0 };
  const callers = new RememberedCallers(
    {
      resolve: () => {
        asked.callers++;
        const { caller, later } = state;
        return later ? later.then(() => caller) : caller;
      },
      lastRoleOn: () => state.role,
      roleOn: () => {
        asked.roles++;
        return state.role;
      },
    },
    {
      clock: { now: () => state.now },
      mark: () => {
        asked.marks++;
        return state.mark;
      },
      takeMarkRead: () => {
        const { markRead } = state;
        state.markRead = undefined;
        return markRead;
      },
      keepsRoles,
      keptMs: 1_000,
      together: (work) => work(),
    },
  );
  return { state, asked, callers };
}

test("while nothing changes, caller and role are looked up once", () => {
  const { asked, callers } = source();
  for (let request = 0; request < 3; request++) {
    const caller = callers.resolve({ session: "s" }) as Caller;
    expect([caller, callers.roleOn(caller, "list")]).toEqual([ADA, "viewer"]);
  }
  expect(asked).toMatchObject({ callers: 1, roles: 1 });
});

test("within one moment the mark is looked at once, and again in the next one and outside", () => {
  const { state, asked, callers } = source();
  const ask = () => {
    const caller = callers.resolve({ session: "s" }) as Caller;
    return callers.roleOn(caller, "list");
  };
  expect([callers.together(ask), callers.together(ask)]).toEqual(["viewer", "viewer"]);
  expect(asked).toEqual({ callers: 1, roles: 1, marks: 2 });
  void ask();
  expect(asked.marks).toBe(4);
  state.role = "editor";
  state.mark = 2;
  expect(callers.together(ask)).toBe("editor");
});

describe("a request that may be done twice", () => {
  /** Asks who and what, and reads a row that tells the mark. @param before what happens right before that */
  const asking = ({ state, callers }: ReturnType<typeof source>, before = () => {}) => {
    return () => {
      const caller = callers.resolve({ session: "s" }) as Caller;
      const role = callers.roleOn(caller, "list");
      before();
      state.markRead = state.mark;
      return role;
    };
  };

  test("looks at no mark, if its row tells that nothing has changed", () => {
    const at = source();
    const ask = asking(at);
    expect([1, 2, 3].map(() => at.callers.supposing(ask))).toEqual(["viewer", "viewer", "viewer"]);
    expect(at.asked).toEqual({ callers: 1, roles: 1, marks: 1 });
  });

  test("is done again if something has changed since the last request, or right before its row was read", () => {
    const at = source();
    const { state, callers } = at;
    expect(callers.supposing(asking(at))).toBe("viewer");
    Object.assign(state, { role: "editor", mark: 2 });
    expect(callers.supposing(asking(at))).toBe("editor");
    let times = 0;
    const change = () => {
      times++;
      if (times === 1) Object.assign(state, { role: undefined, mark: 3 });
    };
    expect(callers.supposing(asking(at, change))).toBeUndefined();
    expect(times).toBe(2);
  });

  test("looks at the mark itself if it read nothing that told it, whatever an earlier one read", () => {
    const at = source();
    const { state, asked, callers } = at;
    expect(callers.supposing(asking(at))).toBe("viewer");
    state.markRead = state.mark;
    state.mark = 2;
    state.caller = NOBODY;
    expect(callers.supposing(() => callers.resolve({ session: "s" }))).toEqual(NOBODY);
    expect(asked.marks).toBe(3);
  });

  test("an error is thrown only if nothing has changed; else it is done again", () => {
    const at = source();
    const { state, callers } = at;
    const enter = () => {
      if (callers.roleOn(callers.resolve({ session: "s" }) as Caller, "list") === "viewer")
        throw new Error("forbidden");
      return "in";
    };
    void callers.supposing(asking(at));
    expect(() => callers.supposing(enter)).toThrow("forbidden");
    Object.assign(state, { role: "editor", mark: 2 });
    expect(callers.supposing(enter)).toBe("in");
  });

  test("an answer that comes later is awaited before it is done again", async () => {
    const at = source();
    const { state, callers } = at;
    void callers.supposing(asking(at));
    Object.assign(state, { role: "editor", mark: 2 });
    const ask = asking(at);
    const order: string[] = [];
    const later = async () => {
      const role = await ask();
      order.push(String(role));
      if (role === "viewer") throw new Error("of before");
      return role;
    };
    expect(await callers.supposing(later)).toBe("editor");
    expect(order).toEqual(["viewer", "editor"]);
  });

  test("after a second it looks at the mark first", () => {
    const at = source();
    void at.callers.supposing(asking(at));
    at.state.now = 1_000;
    void at.callers.supposing(asking(at));
    expect(at.asked).toEqual({ callers: 2, roles: 2, marks: 2 });
  });
});

test("where the mark says nothing of roles, they are asked about each time", () => {
  const { asked, callers } = source({ keepsRoles: false });
  for (let request = 0; request < 2; request++) {
    void callers.roleOn(callers.resolve({ session: "s" }) as Caller, "list");
  }
  expect(asked).toMatchObject({ callers: 1, roles: 2 });
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

test("a session and a token with the same text are two; with a bearer, nothing else counts", () => {
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

test("guesses are asked about each time", () => {
  const { state, asked, callers } = source();
  state.caller = NOBODY;
  for (let guess = 0; guess < 3; guess++) void callers.resolve({ bearer: `guess ${guess % 2}` });
  expect(asked.callers).toBe(3);
});

test("a store that takes time: sessions and API tokens are remembered, but not what was looked up while something changed", async () => {
  const { state, asked, callers } = source();
  const gate = Promise.withResolvers<void>();
  state.later = gate.promise;
  const asking = callers.resolve({ session: "s" });
  state.mark = 2;
  gate.resolve();
  expect(await asking).toEqual(ADA);
  expect(await callers.resolve({ session: "s" })).toEqual(ADA);
  expect(asked.callers).toBe(2);
  state.caller = NOBODY;
  expect(callers.resolve({ session: "s" })).toEqual(ADA);
  state.mark = 3;
  expect(await callers.resolve({ session: "s" })).toEqual(NOBODY);
});

test.each<[string, Caller]>([
  ["a guest, whose link is dead at once", { kind: "guest", link: "l", checklistId: "c", role: "viewer" }],
  ["a provider's token, which ends by its own time", { ...ADA, way: "jwt" }],
])("a store that takes time is asked each time about %s", async (_, caller) => {
  const { state, asked, callers } = source();
  Object.assign(state, { caller, later: Promise.resolve() });
  for (let request = 0; request < 2; request++) await callers.resolve({ bearer: "b" });
  expect(asked.callers).toBe(2);
});
