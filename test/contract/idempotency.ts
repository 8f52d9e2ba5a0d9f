import { expect, test } from "bun:test";
import { IDEMPOTENCY_LEASE_MS, type Store } from "../../src/application/ports.ts";
import { newChecklist } from "../../src/domain/checklist.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { NOW, newId, receiptFor, someRequest, someTask, storedChecklist, taskSlice } from "./rows.ts";

export function idempotencyContract(store: () => Store): void {
  test("a key is granted once, is then in progress, and gives its answer again when the row is there", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const request = someRequest();
    const id = newId();
    expect(await store().claimKey(request, id, NOW)).toEqual({ outcome: "granted", id, at: NOW });
    expect(await store().claimKey(request, newId(), NOW + 1_000)).toEqual({
      outcome: "in-progress",
      retryAfterMs: IDEMPOTENCY_LEASE_MS - 1_000,
    });
    const receipt = receiptFor(request);
    expect(await store().createTask(someTask({ checklistId, id }), receipt)).toEqual({ outcome: "created" });
    const answered = { outcome: "answered", answer: receipt.answer } as const;
    expect(await store().claimKey(request, newId(), NOW + 2_000)).toStrictEqual(answered);
    expect(await store().claimKey({ ...request, fingerprint: "other" }, newId(), NOW + 3_000)).toEqual({
      outcome: "other-body",
    });
    await store().deleteTask(checklistId, id, UNGUARDED);
    expect(await store().claimKey(request, newId(), NOW + 4_000)).toStrictEqual(answered);
  });

  test("one key in two scopes is two keys", async () => {
    const request = someRequest();
    const elsewhere = { ...request, scope: `${request.scope}/elsewhere`, fingerprint: "other" };
    expect((await store().claimKey(request, newId(), NOW)).outcome).toBe("granted");
    expect((await store().claimKey(elsewhere, newId(), NOW)).outcome).toBe("granted");
  });

  test("a key that was freed is granted again, even for another body", async () => {
    const request = someRequest();
    await store().claimKey(request, newId(), NOW);
    await store().releaseKey(request);
    const [other, id] = [{ ...request, fingerprint: "other" }, newId()];
    expect(await store().claimKey(other, id, NOW + 1)).toEqual({ outcome: "granted", id, at: NOW + 1 });
  });

  test("while a key is being worked on, another body is told so", async () => {
    const request = someRequest();
    await store().claimKey(request, newId(), NOW);
    const other = await store().claimKey({ ...request, fingerprint: "other" }, newId(), NOW);
    expect(other).toEqual({ outcome: "other-body" });
  });

  test("after its lease a key is taken over with the id and time recorded for it, and makes one row", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const [request, id] = [someRequest(), newId()];
    await store().claimKey(request, id, NOW);
    const taken = await store().claimKey(request, newId(), NOW + IDEMPOTENCY_LEASE_MS);
    expect(taken).toEqual({ outcome: "granted", id, at: NOW });
    const row = someTask({ checklistId, id });
    const receipt = receiptFor(request);
    const both = await Promise.all([store().createTask(row, receipt), store().createTask(row, receipt)]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(["answered", "created"]);
    expect((await taskSlice(store(), checklistId, {}, undefined, 10)).items).toStrictEqual([row]);
  });

  test("a creation that came to nothing leaves no answer behind", async () => {
    const [request, id] = [someRequest(), newId()];
    await store().claimKey(request, id, NOW);
    const created = await store().createTask(someTask({ checklistId: newId(), id }), receiptFor(request));
    expect(created).toEqual({ outcome: "missing" });
    await store().releaseKey(request);
    expect((await store().claimKey(request, newId(), NOW)).outcome).toBe("granted");
  });

  test("a checklist's creation is answered again too, headers and body as they were", async () => {
    const [request, row] = [someRequest(), newChecklist(newId(), "Once", NOW)];
    await store().claimKey(request, row.id, NOW);
    const receipt = receiptFor(request);
    expect(await store().createChecklist(row, receipt)).toEqual({ outcome: "created" });
    expect(await store().claimKey(request, newId(), NOW)).toStrictEqual({
      outcome: "answered",
      answer: receipt.answer,
    });
  });
}
