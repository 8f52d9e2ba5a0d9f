import { describe, expect, test } from "bun:test";
import { type Checklist, changedChecklist, INBOX_ID, newChecklist } from "../../src/domain/checklist.ts";

const STORED: Checklist = { id: "a", name: "Groceries", createdAt: 1_000, updatedAt: 2_000, version: 7 };

describe("a checklist", () => {
  test("starts with version 1 and both times the same, its name trimmed", () => {
    expect(newChecklist("a", "\u00a0 Two  words\n", 5)).toStrictEqual({
      id: "a",
      name: "Two  words",
      createdAt: 5,
      updatedAt: 5,
      version: 1,
    });
  });

  test("that is renamed keeps its id and its first time, and gets the next version", () => {
    expect(changedChecklist(STORED, { name: " Other " }, 3_000)).toStrictEqual({
      id: "a",
      name: "Other",
      createdAt: 1_000,
      updatedAt: 3_000,
      version: 8,
    });
  });

  test("that is written unchanged still gets a version and a time", () => {
    expect(changedChecklist(STORED, {}, 3_000)).toStrictEqual({ ...STORED, updatedAt: 3_000, version: 8 });
  });

  test("keeps its last time if the clock was set back, and moves it if not", () => {
    const times = [1_999, 2_000, 2_001].map((now) => changedChecklist(STORED, {}, now).updatedAt);
    expect(times).toEqual([2_000, 2_000, 2_001]);
  });

  test("is not modified by a change: the change is a new one", () => {
    const before = structuredClone(STORED);
    changedChecklist(STORED, { name: "Other" }, 3_000);
    expect(STORED).toStrictEqual(before);
  });

  test("for tasks without one has the id that clients know", () => {
    expect(INBOX_ID).toBe("00000000-0000-7000-8000-000000000000");
  });
});
