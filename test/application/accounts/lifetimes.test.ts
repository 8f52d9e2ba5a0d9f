import { describe, expect, test } from "bun:test";
import { hasEnded, isUseToBeNoted, sessionEnd } from "../../../src/application/accounts/lifetimes.ts";

const DAY = 86_400_000;
const lifetimes = { idleMs: 30 * DAY, maxMs: 90 * DAY };
const session = { id: "1", userId: "u", epoch: 0, createdAt: 0, lastUsedAt: 0 };

describe("a session ends", () => {
  test("after 30 days without use, and after 90 days in all", () => {
    expect(sessionEnd(session, lifetimes, 0)).toBe(30 * DAY);
    expect(sessionEnd(session, lifetimes, 70 * DAY)).toBe(90 * DAY);
    expect(hasEnded(session, lifetimes, 30 * DAY - 1)).toBe(false);
    expect(hasEnded(session, lifetimes, 30 * DAY)).toBe(true);
    const used = { ...session, lastUsedAt: 80 * DAY };
    expect(hasEnded(used, lifetimes, 90 * DAY - 1)).toBe(false);
    expect(hasEnded(used, lifetimes, 90 * DAY)).toBe(true);
  });

  test("earlier, where the settings were lowered since", () => {
    expect(hasEnded(session, { idleMs: 30 * 60_000, maxMs: 7 * DAY }, 31 * 60_000)).toBe(true);
  });

  test("its use is noted every five minutes", () => {
    expect([undefined, 0].map((at) => isUseToBeNoted(at, 299_999))).toEqual([true, false]);
    expect(isUseToBeNoted(0, 300_000)).toBe(true);
  });
});
