import {
  type Answer,
  type Claim,
  type Created,
  IDEMPOTENCY_LEASE_MS,
  type IdempotencyRequest,
  type PlannedRestoration,
  type Receipt,
  type RestorationReceipt,
} from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import { type Creation, creationFrom } from "./creation.ts";
import { unavailable } from "./failures.ts";
import { Rounds } from "./rounds.ts";
import { isThere, milliseconds, optionalText, text, whole } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";

const SELECT = `SELECT fingerprint, id, at, owner, lease_until, status, headers, body, made, plan FROM idempotency
  WHERE scope = ? AND key = ?`;
const INSERT = `INSERT INTO idempotency (scope, key, fingerprint, id, at, owner, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
/** Does not extend the id's time to live: no key may refer to a row for longer than a day. */
const TAKE_OVER = `UPDATE idempotency SET owner = ?, lease_until = ? WHERE scope = ? AND key = ?
  IF owner = ? AND made = ? AND plan = ? AND status = null`;
const ANSWER = `UPDATE idempotency SET fingerprint = ?, status = ?, headers = ?, body = ?, made = ?
  WHERE scope = ? AND key = ? IF owner = ? AND made = ?`;
const MADE = `UPDATE idempotency SET made = ? WHERE scope = ? AND key = ?
  IF id = ? AND made = null AND status = null`;
const PLAN = "UPDATE idempotency SET plan = ? WHERE scope = ? AND key = ? IF owner = ? AND plan = null";
const RELEASE = "DELETE FROM idempotency WHERE scope = ? AND key = ? IF owner = ?";
const END_LEASE = "UPDATE idempotency SET lease_until = ? WHERE scope = ? AND key = ? IF owner = ?";
const FORGET_REST = "DELETE FROM idempotency WHERE scope = ? AND key = ? IF id = null AND status = null";

/** Owners that took over a key: the outcome of the previous request is unknown. */
const TAKEN_OVER = "again-";

/** What a request found when it had its row. */
export interface Outcome {
  /** The request that created the row: this one, or an earlier one. Null if unknown. */
  readonly by: string | null;
  /** Removes the row if a request other than the named one created it: the named one's row was deleted before. */
  takeBack(made: string): Promise<void>;
}

/** Idempotency keys, each in a partition of its own: recorded, with the id to be made, before the row is. */
export class CassandraKeys {
  constructor(private readonly session: Session) {}

  async claim(request: IdempotencyRequest, id: string, now: number): Promise<Claim> {
    const rounds = new Rounds(this.session, performance.now() + OPERATION_DEADLINE_MS);
    const token = Bun.randomUUIDv7();
    while ((await rounds.begin()) && rounds.mayTry()) {
      const claim = await this.tryToClaim(request, id, now, token, rounds.again);
      if (claim) return claim;
    }
    throw unavailable(undefined, "not done");
  }

  /** A key that was taken over keeps its id: the previous request may still create the row. */
  async release({ scope, key }: IdempotencyRequest, owner: string): Promise<void> {
    if (owner.startsWith(TAKEN_OVER)) await this.session.attempt(END_LEASE, [new Date(0), scope, key, owner]);
    else await this.session.attempt(RELEASE, [scope, key, owner]);
  }

  /**
   * Stores the request's answer. If that fails, the key still has the row's id, so a retry has the same result: the row
   * exists, which is all that was asked. A row created under a key that was taken over may have been deleted before; if
   * that can't be determined, the outcome is unknown.
   * @param latest time of `performance.now()` after which nothing is sent any more
   */
  async answered(receipt: Receipt, outcome: Outcome, latest: number): Promise<Created> {
    try {
      return await this.keep(receipt, outcome, latest);
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      if (receipt.owner.startsWith(TAKEN_OVER) || error.undecided) throw unavailable(error, "unknown");
      return { outcome: "created" };
    }
  }

  private async keep(receipt: Receipt, { by, takeBack }: Outcome, latest: number): Promise<Created> {
    const { scope, key, fingerprint, answer, owner } = receipt;
    const cells = [fingerprint, answer.status, JSON.stringify(answer.headers), answer.body];
    let told: string | null = null;
    const rounds = new Rounds(this.session, latest);
    let undecided = false;
    while ((await rounds.begin()) && rounds.mayTry(undecided)) {
      const values = [...cells, told ?? by, scope, key, owner, told];
      const kept = await this.session.attempt(ANSWER, values, rounds.again);
      undecided = kept === undefined;
      if (kept?.["[applied]"] === true) return { outcome: "created" };
      const row = await this.session.row(SELECT, [scope, key], this.session.serialRead);
      const made = optionalText(row?.made) ?? null;
      if (made !== null && made !== told) await takeBack(made);
      if (row?.owner !== owner) return answeredBefore(row, fingerprint);
      if (answerOf(row)) return { outcome: "created" };
      told = made;
    }
    throw unavailable(undefined, "not done");
  }

  /**
   * Records in a key that its row was created or restored, before the row no longer shows it: a request that takes over
   * the key afterwards must not do it again.
   * @param latest time of `performance.now()` after which nothing is sent any more
   */
  async tellMade(creation: Creation, rowId: string, latest: number): Promise<void> {
    const { scope, key, owner, id = rowId } = creation;
    const row = await this.session.row(SELECT, [scope, key]);
    if (!row || answerOf(row) || optionalText(row.made) !== undefined) return;
    const rounds = new Rounds(this.session, latest);
    while ((await rounds.begin()) && rounds.mayTry()) {
      if (await this.session.attempt(MADE, [owner, scope, key, id], rounds.again)) return;
    }
    throw unavailable(undefined, "not done");
  }

  /** The same for every key that the row of a task names. Its statement must select `KEY_COLUMNS`. */
  async tellOf({ id, creation, restoration }: Row, latest: number): Promise<void> {
    for (const cell of [creation, restoration])
      if (isThere(cell)) await this.tellMade(creationFrom(text(cell)), text(id), latest);
  }

  /**
   * Records what a request is going to restore, and its answer, before it does: a retry can't know them afterwards.
   * @throws TodosError store-unavailable if another request has taken the key over
   */
  async plan({ scope, key, owner, forVersion, answer }: RestorationReceipt, latest: number): Promise<void> {
    const values = [planCell({ forVersion, answer }), scope, key, owner];
    const rounds = new Rounds(this.session, latest);
    while ((await rounds.begin()) && rounds.mayTry()) {
      const planned = await this.session.attempt(PLAN, values, rounds.again);
      if (planned?.["[applied]"] === true) return;
      const row = await this.session.row(SELECT, [scope, key], this.session.serialRead);
      if (row?.owner !== owner) break;
      // This request's, or the one that it was granted to carry out.
      if (optionalText(row.plan) !== undefined) return;
    }
    throw unavailable(undefined, "not done");
  }

  /** Whether a restoration under the key was recorded by {@link tellMade}. */
  async isMade({ scope, key, id }: RestorationReceipt): Promise<boolean> {
    const row = await this.session.row(SELECT, [scope, key], this.session.serialRead);
    return row?.id === id && optionalText(row.made) !== undefined;
  }

  private async tryToClaim(
    request: IdempotencyRequest,
    id: string,
    now: number,
    token: string,
    again: boolean,
  ): Promise<Claim | undefined> {
    const { scope, key, fingerprint } = request;
    const until = new Date(now + IDEMPOTENCY_LEASE_MS);
    const cells = [scope, key, fingerprint, id, new Date(now), token, until];
    const inserted = await this.session.attempt(INSERT, cells, again);
    if (inserted?.["[applied]"] === true) return { outcome: "granted", id, at: now, owner: token };
    const row = inserted ?? (await this.session.row(SELECT, [scope, key], this.session.serialRead));
    if (!row) return undefined;
    // A timed-out transaction of ours was applied: the first one, or one that took over the key with its id.
    if (row.owner === token || row.owner === TAKEN_OVER + token) return grantOf(row, text(row.owner));
    return this.held(request, row, now, token);
  }

  /** An earlier request was here. */
  private async held(
    request: IdempotencyRequest,
    row: Row,
    now: number,
    token: string,
  ): Promise<Claim | undefined> {
    const { scope, key, fingerprint } = request;
    const answer = answerOf(row);
    if (!answer && optionalText(row.id) === undefined) {
      // The last write outlives the key by a little, and belongs to nobody any more.
      await this.session.attempt(FORGET_REST, [scope, key]);
      return undefined;
    }
    if (row.fingerprint !== fingerprint) return { outcome: "other-body" };
    if (answer) return { outcome: "answered", answer };
    const leftMs = milliseconds(row.lease_until) - now;
    if (leftMs > 0) return { outcome: "in-progress", retryAfterMs: leftMs };
    const owner = TAKEN_OVER + token;
    const until = new Date(now + IDEMPOTENCY_LEASE_MS);
    const seen = [text(row.owner), optionalText(row.made) ?? null, optionalText(row.plan) ?? null];
    const taken = await this.session.attempt(TAKE_OVER, [owner, until, scope, key, ...seen]);
    return taken?.["[applied]"] === true ? grantOf(row, owner) : undefined;
  }
}

function grantOf(row: Row, owner: string): Claim {
  const made = optionalText(row.made) !== undefined;
  const plan = optionalText(row.plan);
  return {
    outcome: "granted",
    id: text(row.id),
    at: milliseconds(row.at),
    owner,
    ...(made && { made }),
    ...(plan !== undefined && { planned: planFrom(plan) }),
  };
}

/** Another request, which took over the key, holds it and may have been faster. */
function answeredBefore(row: Row | undefined, fingerprint: string): Created {
  const answer = row && answerOf(row);
  if (!row || !answer || row.fingerprint !== fingerprint) return { outcome: "created" };
  return { outcome: "answered", answer };
}

export function answerOf(row: Row): Answer | undefined {
  if (row.status === null || row.status === undefined) return undefined;
  return {
    status: whole(row.status),
    headers: headersOf(JSON.parse(text(row.headers))),
    body: text(row.body),
  };
}

function planCell({ forVersion, answer: { status, headers, body } }: PlannedRestoration): string {
  return JSON.stringify([forVersion, status, headers, body]);
}

function planFrom(cell: string): PlannedRestoration {
  const parsed: unknown = JSON.parse(cell);
  if (!Array.isArray(parsed)) throw new TypeError("a plan is not a list");
  const [forVersion, status, headers, body]: unknown[] = parsed;
  const answer = { status: whole(status), headers: headersOf(headers), body: text(body) };
  return { forVersion: whole(forVersion), answer };
}

function headersOf(parsed: unknown): Record<string, string> {
  if (typeof parsed !== "object" || parsed === null)
    throw new TypeError("an answer's headers are not an object");
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, text(value)]));
}
