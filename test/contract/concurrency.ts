import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { changeTask, createTask, deleteChecklist } from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import type { Task } from "../../src/domain/task.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { NOW, someTask, storedChecklist, storedTask } from "./rows.ts";

export function concurrencyContract(store: () => Store): void {
  test("many unconditional changes at once all succeed, each on the version before", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const { id } = await storedTask(store(), { checklistId });
    const written = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        store().write(
          changeTask(
            ANYONE,
            checklistId,
            id,
            { change: { todo: `by ${n}` }, pinned: false },
            UNGUARDED,
            NOW + n,
          ),
        ),
      ),
    );
    const versions = written.map((one) => (one.outcome === "written" ? one.row.version : one.outcome));
    expect(versions.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 40 }, (_, n) => n + 2),
    );
    expect((await store().findTask(checklistId, id))?.version).toBe(41);
  });

  test("of many changes that name one version exactly one wins", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const { id } = await storedTask(store(), { checklistId });
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store().write(
          changeTask(
            ANYONE,
            checklistId,
            id,
            { change: { todo: `by ${n}` }, pinned: true },
            { anyOf: [1] },
            NOW,
          ),
        ),
      ),
    );
    const winners = written.flatMap((one) => (one.outcome === "written" ? [one.row] : []));
    expect(winners).toHaveLength(1);
    expect(written.filter(({ outcome }) => outcome === "stale")).toHaveLength(19);
    expect(await store().findTask(checklistId, id)).toStrictEqual(winners[0] as Task);
  });

  test("of many deletions of one checklist exactly one wins", async () => {
    const { id } = await storedChecklist(store());
    const written = await Promise.all(
      Array.from({ length: 10 }, () => store().write(deleteChecklist(ANYONE, id, UNGUARDED))),
    );
    expect(written.filter(({ outcome }) => outcome === "written")).toHaveLength(1);
    expect(written.filter(({ outcome }) => outcome === "missing")).toHaveLength(9);
  });

  test("a task created while its checklist is deleted is either refused or unreachable", async () => {
    const { id: checklistId } = await storedChecklist(store());
    const rows = Array.from({ length: 20 }, () => someTask({ checklistId }));
    const [deleted, ...created] = await Promise.all([
      store().write(deleteChecklist(ANYONE, checklistId, UNGUARDED)),
      ...rows.map((row) => store().write(createTask(ANYONE, row))),
    ]);
    expect(deleted.outcome).toBe("written");
    expect(created.every(({ outcome }) => outcome === "missing" || outcome === "created")).toBe(true);
    for (const row of rows) expect(await store().findTask(checklistId, row.id)).toBeUndefined();
  });
}
