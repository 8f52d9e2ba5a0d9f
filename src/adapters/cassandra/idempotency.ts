import {
  type Answer,
  type Claim,
  type Created,
  IDEMPOTENCY_LEASE_MS,
  type IdempotencyRequest,
  type Receipt,
} from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import { unavailable } from "./failures.ts";
import { milliseconds, optionalText, text, whole } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";

const SELECT = `SELECT fingerprint, id, at, owner, lease_until, status, headers, body FROM idempotency
  WHERE scope = ? AND key = ?`;
const INSERT = `INSERT INTO idempotency (scope, key, fingerprint, id, at, owner, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const TAKE_OVER =
  "UPDATE idempotency SET owner = ?, lease_until = ? WHERE scope = ? AND key = ? IF owner = ?";
const ANSWER = `UPDATE idempotency SET fingerprint = ?, status = ?, headers = ?, body = ?
  WHERE scope = ? AND key = ? IF owner = ?`;
const RELEASE = "DELETE FROM idempotency WHERE scope = ? AND key = ? IF owner = ?";

/** Keys this instance is working on; far more than it can work on at once. */
const OWNED_MAX = 20_000;

/** Idempotency keys, each in a partition of its own: recorded, with the id to be made, before the row is. */
export class CassandraKeys {
  /** Who this instance is to each key it holds. */
  private readonly owners = new Map<string, string>();

  constructor(private readonly session: Session) {}

  async claim(request: IdempotencyRequest, id: string, now: number): Promise<Claim> {
    const deadline = performance.now() + OPERATION_DEADLINE_MS;
    const owner = Bun.randomUUIDv7();
    while (performance.now() < deadline) {
      const claim = await this.tryToClaim(request, id, now, owner);
      if (claim) return claim;
    }
    throw unavailable(undefined, "not done");
  }

  async release(request: IdempotencyRequest): Promise<void> {
    const owner = this.forget(request);
    if (owner !== undefined) await this.session.attempt(RELEASE, [request.scope, request.key, owner]);
  }

  /** Keeps what the request was answered. A crash before leaves the id, with which a retry ends up the same. */
  async answered(receipt: Receipt): Promise<Created> {
    const { scope, key, fingerprint, answer } = receipt;
    const owner = this.forget(receipt);
    if (owner === undefined) return this.answeredBefore(receipt);
    const cells = [fingerprint, answer.status, JSON.stringify(answer.headers), answer.body];
    try {
      await this.session.attempt(ANSWER, [...cells, scope, key, owner]);
    } catch (error) {
      // The row is there, and that is what was asked for. A retry finds the key with the row's id in it.
      if (!(error instanceof TodosError && error.code === "store-unavailable")) throw error;
    }
    return { outcome: "created" };
  }

  /** This instance no longer holds the key: somebody took it over, and may have been faster. */
  private async answeredBefore({ scope, key, fingerprint }: Receipt): Promise<Created> {
    const row = await this.session.row(SELECT, [scope, key], this.session.serialRead);
    const answer = row && answerOf(row);
    if (!row || !answer) return { outcome: "created" };
    return row.fingerprint === fingerprint ? { outcome: "answered", answer } : { outcome: "other-body" };
  }

  private async tryToClaim(
    request: IdempotencyRequest,
    id: string,
    now: number,
    owner: string,
  ): Promise<Claim | undefined> {
    const { scope, key, fingerprint } = request;
    const leaseUntil = new Date(now + IDEMPOTENCY_LEASE_MS);
    const inserted = await this.session.attempt(INSERT, [
      scope,
      key,
      fingerprint,
      id,
      new Date(now),
      owner,
      leaseUntil,
    ]);
    if (inserted?.["[applied]"] === true) return this.granted(request, owner, id, now);
    const row = inserted ?? (await this.session.row(SELECT, [scope, key], this.session.serialRead));
    if (!row) return undefined;
    // A transaction of ours that timed out was done: the first one, or one that took the key over with its id.
    if (optionalText(row.owner) === owner) {
      return this.granted(request, owner, text(row.id), milliseconds(row.at));
    }
    return this.held(request, row, owner, now);
  }

  /** Somebody was here before. */
  private async held(
    request: IdempotencyRequest,
    row: Row,
    owner: string,
    now: number,
  ): Promise<Claim | undefined> {
    if (row.fingerprint !== request.fingerprint) return { outcome: "other-body" };
    const answer = answerOf(row);
    if (answer) return { outcome: "answered", answer };
    const leftMs = milliseconds(row.lease_until) - now;
    if (leftMs > 0) return { outcome: "in-progress", retryAfterMs: leftMs };
    const leaseUntil = new Date(now + IDEMPOTENCY_LEASE_MS);
    const taken = await this.session.attempt(TAKE_OVER, [
      owner,
      leaseUntil,
      request.scope,
      request.key,
      text(row.owner),
    ]);
    if (taken?.["[applied]"] !== true) return undefined;
    return this.granted(request, owner, text(row.id), milliseconds(row.at));
  }

  private granted(request: IdempotencyRequest, owner: string, id: string, at: number): Claim {
    if (this.owners.size >= OWNED_MAX) this.owners.clear();
    this.owners.set(nameOf(request), owner);
    return { outcome: "granted", id, at };
  }

  private forget(request: IdempotencyRequest): string | undefined {
    const owner = this.owners.get(nameOf(request));
    this.owners.delete(nameOf(request));
    return owner;
  }
}

function nameOf({ scope, key }: IdempotencyRequest): string {
  return `${scope}\0${key}`;
}

export function answerOf(row: Row): Answer | undefined {
  if (row.status === null || row.status === undefined) return undefined;
  return { status: whole(row.status), headers: headersOf(text(row.headers)), body: text(row.body) };
}

function headersOf(json: string): Record<string, string> {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null) throw new TypeError("an answer's headers are no object");
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, text(value)]));
}
