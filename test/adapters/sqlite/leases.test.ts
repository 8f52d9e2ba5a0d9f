import { expect, test } from "bun:test";
import { LEASES_MAX, Leases } from "../../../src/adapters/sqlite/leases.ts";
import { IDEMPOTENCY_LEASE_MS } from "../../../src/application/ports.ts";
import { thrownBy } from "./support.ts";

function request(key: string) {
  return { scope: "POST /tasks", key, fingerprint: "f" };
}

test("keys being worked on are bounded: past it a new one is refused until leases end", async () => {
  const leases = new Leases();
  for (let n = 0; n < LEASES_MAX; n++) leases.claim(request(`${n}`), `id-${n}`, 0);
  expect(await thrownBy(() => leases.claim(request("more"), "id", 0))).toMatchObject({
    code: "overloaded",
    retryAfterS: 1,
  });
  expect(leases.claim(request("7"), "id", 5).outcome).toBe("in-progress");
  expect(leases.claim(request("more"), "id", IDEMPOTENCY_LEASE_MS).outcome).toBe("granted");
});

test("a key freed by a request with another body stays with the one that holds it", () => {
  const leases = new Leases();
  leases.claim(request("k"), "id", 0);
  leases.release({ ...request("k"), fingerprint: "other" });
  expect(leases.claim(request("k"), "id", 1).outcome).toBe("in-progress");
});
