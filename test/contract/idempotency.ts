import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { createChecklist, createTask, deleteTask } from "../../src/application/commands.ts";
import { IDEMPOTENCY_LEASE_MS } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { newChecklist } from "../../src/domain/checklist.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import {
  granted,
  NOW,
  newId,
  receiptFor,
  someRequest,
  someTask,
  storedChecklist,
  taskSlice,
} from "./rows.ts";

/** @param lateInserts whether a deleted row stays deleted when the request that made it inserts it once more */
export function idempotencyContract(store: () => Store, lateInserts: "held off" | "carried out"): void {
  test("a key is granted once, is then in progress, and returns its answer once the row exists", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const request = someRequest();
    const id = newId();
    const grant = await granted(store(), request, id, NOW);
    expect(grant).toMatchObject({ id, at: NOW });
    expect(await store().claimKey(request, newId(), NOW + 1_000)).toEqual({
      outcome: "in-progress",
      retryAfterMs: IDEMPOTENCY_LEASE_MS - 1_000,
    });
    const receipt = receiptFor(request, grant);
    expect(await store().write(createTask(ANYONE, someTask({ checklistId, id }), receipt))).toEqual({
      outcome: "created",
    });
    const answered = { outcome: "answered", answer: receipt.answer } as const;
    expect(await store().claimKey(request, newId(), NOW + 2_000)).toStrictEqual(answered);
    expect(await store().claimKey({ ...request, fingerprint: "other" }, newId(), NOW + 3_000)).toEqual({
      outcome: "other-body",
    });
    await store().write(deleteTask(ANYONE, checklistId, id, UNGUARDED));
    expect(await store().claimKey(request, newId(), NOW + 4_000)).toStrictEqual(answered);
  });

  test("one key in two scopes is two keys", async () => {
    const request = someRequest();
    const elsewhere = { ...request, scope: `${request.scope}/elsewhere`, fingerprint: "other" };
    expect((await store().claimKey(request, newId(), NOW)).outcome).toBe("granted");
    expect((await store().claimKey(elsewhere, newId(), NOW)).outcome).toBe("granted");
  });

  test("a released key is granted again, even for another body", async () => {
    const request = someRequest();
    await store().releaseKey(request, (await granted(store(), request, newId(), NOW)).owner);
    const [other, id] = [{ ...request, fingerprint: "other" }, newId()];
    expect(await granted(store(), other, id, NOW + 1)).toMatchObject({ id, at: NOW + 1 });
  });

  test("while a key is in progress, another body is refused", async () => {
    const request = someRequest();
    await store().claimKey(request, newId(), NOW);
    const other = await store().claimKey({ ...request, fingerprint: "other" }, newId(), NOW);
    expect(other).toEqual({ outcome: "other-body" });
  });

  test("after its lease a key is taken over with the id and time recorded for it, and creates one row", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const [request, id] = [someRequest(), newId()];
    const first = await granted(store(), request, id, NOW);
    const taken = await granted(store(), request, newId(), NOW + IDEMPOTENCY_LEASE_MS);
    expect(taken).toMatchObject({ id, at: NOW });
    const row = someTask({ checklistId, id });
    const both = await Promise.all(
      [first, taken].map((grant) => store().write(createTask(ANYONE, row, receiptFor(request, grant)))),
    );
    const outcomes = both.map(({ outcome }) => outcome);
    expect(outcomes).toContain("created");
    for (const outcome of outcomes) expect(["created", "answered"]).toContain(outcome);
    expect(await store().claimKey(request, newId(), NOW)).toMatchObject({ outcome: "answered" });
    expect((await taskSlice(store(), checklistId, {}, undefined, 10)).items).toStrictEqual([row]);
  });

  test("a slow request does not release the key of one that took it over", async () => {
    const [request, id] = [someRequest(), newId()];
    const slow = await granted(store(), request, id, NOW);
    const heir = await granted(store(), request, newId(), NOW + IDEMPOTENCY_LEASE_MS);
    await store().releaseKey(request, slow.owner);
    expect(await store().claimKey(request, newId(), NOW + IDEMPOTENCY_LEASE_MS)).toMatchObject({
      outcome: "in-progress",
    });
    await store().releaseKey(request, heir.owner);
    expect((await store().claimKey(request, newId(), NOW + IDEMPOTENCY_LEASE_MS)).outcome).toBe("granted");
  });

  // Without timestamps of its own a store can't hold off an insert that is sent once more after the deletion (decision 63).
  const unlessCarriedOut = lateInserts === "held off" ? test : () => undefined;
  unlessCarriedOut(
    "a task that was made under a key and deleted before it was answered stays deleted, and is answered",
    async () => {
      const checklistId = (await storedChecklist(store())).id;
      const [request, id] = [someRequest(), newId()];
      const first = receiptFor(request, await granted(store(), request, id, NOW));
      const row = someTask({ checklistId, id });
      await store().write(createTask(ANYONE, row, first));
      expect((await store().write(deleteTask(ANYONE, checklistId, id, UNGUARDED))).outcome).toBe("written");
      expect((await store().write(createTask(ANYONE, row, first))).outcome).toMatch(/^(created|answered)$/);
      expect(await store().findTask(checklistId, id)).toBeUndefined();
      expect((await taskSlice(store(), checklistId, {}, undefined, 10)).items).toEqual([]);
    },
  );

  test("a failed creation leaves no answer behind", async () => {
    const [request, id] = [someRequest(), newId()];
    const grant = await granted(store(), request, id, NOW);
    const row = someTask({ checklistId: newId(), id });
    expect(await store().write(createTask(ANYONE, row, receiptFor(request, grant)))).toEqual({
      outcome: "missing",
    });
    await store().releaseKey(request, grant.owner);
    expect((await store().claimKey(request, newId(), NOW)).outcome).toBe("granted");
  });

  test("a checklist's creation is also answered again, with the same headers and body", async () => {
    const [request, row] = [someRequest(), newChecklist(newId(), "Once", NOW)];
    const receipt = receiptFor(request, await granted(store(), request, row.id, NOW));
    expect(await store().write(createChecklist(ANYONE, row, receipt))).toEqual({ outcome: "created" });
    expect(await store().claimKey(request, newId(), NOW)).toStrictEqual({
      outcome: "answered",
      answer: receipt.answer,
    });
  });
}
