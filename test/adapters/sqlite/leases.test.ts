import { expect, test } from "bun:test";
import { LEASES_MAX, Leases } from "../../../src/adapters/sqlite/leases.ts";
import { type Grant, IDEMPOTENCY_LEASE_MS } from "../../../src/application/ports.ts";
import { thrownBy } from "./support.ts";

function request(key: string) {
  return { scope: "POST /tasks", key, fingerprint: "f" };
}

test("keys in progress are limited: beyond the limit a new one is refused until leases end", async () => {
  const leases = new Leases();
  for (let n = 0; n < LEASES_MAX; n++) leases.claim(request(`${n}`), `id-${n}`, 0);
  expect(await thrownBy(() => leases.claim(request("more"), "id", 0))).toMatchObject({
    code: "overloaded",
    retryAfterS: 1,
  });
  expect(leases.claim(request("7"), "id", 5).outcome).toBe("in-progress");
  expect(leases.claim(request("more"), "id", IDEMPOTENCY_LEASE_MS).outcome).toBe("granted");
});

test("a key released by a request that no longer holds it stays with its new owner", () => {
  const leases = new Leases();
  const slow = leases.claim(request("k"), "id", 0) as Grant;
  const heir = leases.claim(request("k"), "other", IDEMPOTENCY_LEASE_MS) as Grant;
  expect(heir).toMatchObject({ outcome: "granted", id: "id", at: 0 });
  leases.release(request("k"), slow.owner);
  expect(leases.claim(request("k"), "third", IDEMPOTENCY_LEASE_MS).outcome).toBe("in-progress");
  leases.release(request("k"), heir.owner);
  expect(leases.claim(request("k"), "third", IDEMPOTENCY_LEASE_MS)).toMatchObject({ id: "third" });
});
