import { type Claim, IDEMPOTENCY_LEASE_MS, type IdempotencyRequest } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";

/** Most idempotency keys in progress at once. */
export const LEASES_MAX = 10_000;

interface Lease {
  readonly fingerprint: string;
  readonly id: string;
  readonly at: number;
  readonly owner: string;
  readonly endsAt: number;
}

/**
 * Keys whose request is in progress. Memory is enough: the key becomes durable in the transaction that
 * stores its row, so an unfinished one leaves nothing behind after a crash.
 */
export class Leases {
  readonly #byKey = new Map<string, Lease>();
  #grants = 0;

  /** @throws TodosError `overloaded` if too many keys are in progress */
  claim(request: IdempotencyRequest, id: string, now: number): Claim {
    const key = keyOf(request);
    const held = this.#byKey.get(key);
    if (held && held.fingerprint !== request.fingerprint) return { outcome: "other-body" };
    if (held && held.endsAt > now) return { outcome: "in-progress", retryAfterMs: held.endsAt - now };
    if (!held && this.#byKey.size >= LEASES_MAX) this.#makeRoom(now);
    // A request that takes over creates the same row, so it does not matter which of them ends first.
    const granted = { id: held?.id ?? id, at: held?.at ?? now, owner: String(++this.#grants) };
    this.#byKey.delete(key);
    this.#byKey.set(key, {
      ...granted,
      fingerprint: request.fingerprint,
      endsAt: now + IDEMPOTENCY_LEASE_MS,
    });
    return { outcome: "granted", ...granted };
  }

  /** Nothing happens if another request has taken the key over. */
  release(request: IdempotencyRequest, owner: string): void {
    const key = keyOf(request);
    if (this.#byKey.get(key)?.owner === owner) this.#byKey.delete(key);
  }

  #makeRoom(now: number): void {
    for (const [key, lease] of this.#byKey) {
      if (lease.endsAt <= now) this.#byKey.delete(key);
    }
    if (this.#byKey.size < LEASES_MAX) return;
    throw new TodosError("overloaded", "Too many requests with an Idempotency-Key are being worked on.", {
      retryAfterS: 1,
    });
  }
}

function keyOf({ scope, key }: IdempotencyRequest): string {
  return `${scope}\n${key}`;
}
