import type { Checklist } from "../domain/checklist.ts";
import { TodosError } from "../domain/errors.ts";
import { UNGUARDED } from "../domain/version.ts";
import { type Caller, userIdOf } from "./caller.ts";
import { createChecklist, deleteChecklist } from "./commands.ts";
import type { Created, Receipt } from "./ports.ts";
import type { Store } from "./store.ts";

/**
 * Creates a checklist, which is nobody's if its user is removed in the same moment: a removal first locks the user out
 * and then looks for their lists, so the request that made a later one deletes it.
 * @throws TodosError unauthenticated
 */
export async function createOwned(
  store: Store,
  caller: Caller,
  row: Checklist,
  receipt?: Receipt,
): Promise<Created> {
  const created = await store.write(createChecklist(caller, row, receipt));
  const userId = userIdOf(caller);
  if (userId === undefined || (await isActive(store, userId))) return created;
  await store.write(deleteChecklist(caller, row.id, UNGUARDED));
  throw new TodosError("unauthenticated", "The user was removed or disabled meanwhile.");
}

/** Whether there is such a user, who is not locked out. */
export async function isActive(store: Pick<Store, "findRecord">, userId: string): Promise<boolean> {
  return (await store.findRecord("user", userId))?.value.disabled === false;
}
