import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Clock } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { agendaContract } from "./agenda.ts";
import { checklistContract } from "./checklists.ts";
import { concurrencyContract } from "./concurrency.ts";
import { idempotencyContract } from "./idempotency.ts";
import { listingContract } from "./listing.ts";
import { moveContract } from "./moves.ts";
import { repeatContract } from "./repeats.ts";
import { searchContract } from "./search.ts";
import { taskContract } from "./tasks.ts";
import { trashContract } from "./trash.ts";

/**
 * The contract of every store. `open` returns a store with the current schema; the suite closes it. Each
 * test uses its own checklists, so that one store serves them all.
 */
export function storeContract(
  name: string,
  open: (clock?: Clock) => Promise<Store>,
  lateInserts: "held off" | "carried out" = "held off",
): void {
  describe(`the store contract, on ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    checklistContract(() => store);
    taskContract(() => store);
    repeatContract(() => store);
    concurrencyContract(() => store);
    listingContract(() => store);
    agendaContract(() => store);
    searchContract(() => store);
    moveContract(() => store);
    idempotencyContract(() => store, lateInserts);
    trashContract(open);

    test("names itself, has an epoch, and says that it is ready", async () => {
      expect(store.epoch.length).toBeGreaterThanOrEqual(8);
      expect(store.durability.length).toBeGreaterThan(0);
      expect(await store.check()).toBeUndefined();
    });
  });
}
