import { expect, test } from "bun:test";
import { ROLE_KEPT_MS, RoleMemory } from "../../../src/adapters/cassandra/role-memory.ts";
import type { Role } from "../../../src/domain/access.ts";

/** A store with one role, which counts how often it is asked. */
function asked(role: Role | undefined) {
  const store = { role, times: 0 };
  const read = async () => {
    store.times++;
    return store.role;
  };
  return { store, read };
}

/** As the store asks: at once where it is remembered. */
const roleIn = (memory: RoleMemory, list: string, read: () => Promise<Role | undefined>) =>
  memory.known(list, "u") ?? memory.fresh(list, "u", read);

test("a role is remembered for a moment; that there is none is not", async () => {
  let now = 0;
  const memory = new RoleMemory(() => now);
  const { store, read } = asked(undefined);
  expect(await roleIn(memory, "l", read)).toBeUndefined();
  store.role = "viewer";
  expect(await roleIn(memory, "l", read)).toBe("viewer");
  store.role = undefined;
  now = ROLE_KEPT_MS - 1;
  expect(await roleIn(memory, "l", read)).toBe("viewer");
  expect(store.times).toBe(2);
  now = ROLE_KEPT_MS;
  expect(await roleIn(memory, "l", read)).toBeUndefined();
});

test("roles on one list, or on all, are forgotten at once", async () => {
  const memory = new RoleMemory(() => 0);
  const { store, read } = asked("owner");
  for (const list of ["l", "m"]) await roleIn(memory, list, read);
  memory.forget("l");
  for (const list of ["l", "m"]) await roleIn(memory, list, read);
  expect(store.times).toBe(3);
  memory.forget();
  for (const list of ["l", "m"]) await roleIn(memory, list, read);
  expect(store.times).toBe(5);
});

test("what was read while something changed is not remembered", async () => {
  const memory = new RoleMemory(() => 0);
  const { store, read } = asked("editor");
  const { promise, resolve } = Promise.withResolvers<Role>();
  const slow = roleIn(memory, "l", () => promise);
  memory.forget("l");
  resolve("editor");
  expect(await slow).toBe("editor");
  store.role = undefined;
  expect(await roleIn(memory, "l", read)).toBeUndefined();
});
