import { describe, expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { thrownBy } from "../adapters/sqlite/support.ts";
import { START, useCases } from "./use-cases.ts";

const NO_LIST = { code: "not-found", message: "No such checklist." };

/** The row of a creation. @throws if there is none */
function rowOf<T>(creation: { readonly outcome: string; readonly row?: T }): T {
  if (creation.row === undefined) throw new Error(`no row, but ${creation.outcome}`);
  return creation.row;
}

describe("checklists", () => {
  test("are created with an id and a time, found, and announced after they can be read", async () => {
    await using app = await useCases();
    const row = rowOf(await app.checklists.create(ANYONE, " Groceries "));
    expect(row).toEqual({ id: row.id, name: "Groceries", createdAt: START, updatedAt: START, version: 1 });
    expect(row.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await app.checklists.find(row.id)).toStrictEqual(row);
    expect(app.changes).toEqual([{ type: "checklist.created", checklistId: row.id, version: 1 }]);
  });

  test("get ids in the order of their creation", async () => {
    await using app = await useCases();
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.push(rowOf(await app.checklists.create(ANYONE, name)).id);
    expect(ids).toEqual(ids.toSorted());
    const { items } = await app.checklists.list(ANYONE, undefined, 200);
    expect(items.map(({ id }) => id)).toEqual([INBOX_ID, ...ids]);
    expect(await app.checklists.list(ANYONE, ids[0], 1)).toMatchObject({
      items: [{ id: ids[1] }],
      next: ids[1],
    });
  });

  test("are renamed at the time of the clock, and announced with their version", async () => {
    await using app = await useCases();
    const { id } = rowOf(await app.checklists.create(ANYONE, "a"));
    app.clock.nowMs += 5;
    const row = await app.checklists.change(ANYONE, id, { name: "b" }, { anyOf: [1] });
    expect(row).toMatchObject({ name: "b", version: 2, createdAt: START, updatedAt: START + 5 });
    expect(await app.checklists.find(id)).toStrictEqual(row);
    expect(app.changes.at(-1)).toEqual({ type: "checklist.updated", checklistId: id, version: 2 });
  });

  test("that changed since are not changed or removed, and nothing is announced", async () => {
    await using app = await useCases();
    const { id } = rowOf(await app.checklists.create(ANYONE, "a"));
    const stale = { anyOf: [2] };
    const failed = { code: "precondition-failed" };
    expect(await thrownBy(() => app.checklists.change(ANYONE, id, { name: "b" }, stale))).toMatchObject(
      failed,
    );
    expect(await thrownBy(() => app.checklists.remove(ANYONE, id, stale))).toMatchObject(failed);
    expect(await app.checklists.find(id)).toMatchObject({ name: "a", version: 1 });
    expect(app.changes).toHaveLength(1);
  });

  test("are removed once, announced without a version, and not found from then on", async () => {
    await using app = await useCases();
    const { id } = rowOf(await app.checklists.create(ANYONE, "a"));
    await app.checklists.remove(ANYONE, id, { anyOf: [1] });
    expect(app.changes.at(-1)).toEqual({ type: "checklist.deleted", checklistId: id });
    expect(await app.checklists.find(id)).toBeUndefined();
    expect(await thrownBy(() => app.checklists.remove(ANYONE, id, {}))).toMatchObject(NO_LIST);
    expect(await thrownBy(() => app.checklists.change(ANYONE, id, { name: "b" }, {}))).toMatchObject(NO_LIST);
    expect(app.changes).toHaveLength(2);
  });

  test("include an inbox that can be renamed like any other and never removed", async () => {
    await using app = await useCases();
    expect(await app.checklists.change(ANYONE, INBOX_ID, { name: "Mine" }, {})).toMatchObject({
      name: "Mine",
    });
    const refusal = await thrownBy(() => app.checklists.remove(ANYONE, INBOX_ID, {}));
    expect(refusal).toMatchObject({ code: "conflict" });
    expect(String(refusal)).toContain("You can rename it.");
    expect(await app.checklists.find(INBOX_ID)).toMatchObject({ name: "Mine" });
    expect(app.changes.map(({ type }) => type)).toEqual(["checklist.updated"]);
  });
});
