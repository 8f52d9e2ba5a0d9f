import { boundedly } from "../../../application/copy/work.ts";
import { IDEMPOTENCY_KEPT_MS, type KeptAnswer } from "../../../application/ports.ts";
import { answerOf } from "../idempotency.ts";
import { text, whole } from "../rows.ts";
import type { Row, Session } from "../session.ts";

const SECOND_MS = 1_000;
/** Each in a partition of its own. */
const RECEIPTS_AT_ONCE = 32;
/** The owner of a copied key: no request that could still be running. */
const OWNER = "copied";

const IS_THERE = "SELECT fingerprint FROM idempotency WHERE scope = ? AND key = ?";
const INSERT = `INSERT INTO idempotency
  (scope, key, fingerprint, id, at, owner, lease_until, status, headers, body)
  VALUES (?, ?, ?, '', ?, '${OWNER}', ?, ?, ?, ?) IF NOT EXISTS USING TTL ?`;

/** @returns undefined for a key whose request has not been answered */
export function keptReceipt(row: Row, now: number): KeptAnswer | undefined {
  const answer = answerOf(row);
  if (!answer) return undefined;
  const seconds: unknown = row.seconds_left;
  const leftMs = typeof seconds === "number" ? whole(seconds) * SECOND_MS : IDEMPOTENCY_KEPT_MS;
  return {
    scope: text(row.scope),
    key: text(row.key),
    fingerprint: text(row.fingerprint),
    answer,
    expiresAt: now + leftMs,
  };
}

/** Existing ones stay unchanged. @returns how many were missing */
export async function putReceipts(
  session: Session,
  receipts: readonly KeptAnswer[],
  now: number,
): Promise<number> {
  let added = 0;
  await boundedly(receipts, RECEIPTS_AT_ONCE, async (receipt) => {
    // Looked up first: that costs less than a transaction, and most exist from an earlier pass.
    if (await session.row(IS_THERE, [receipt.scope, receipt.key])) return;
    while ((await session.attempt(INSERT, cells(receipt, now))) === undefined);
    added++;
  });
  return added;
}

function cells({ scope, key, fingerprint, answer, expiresAt }: KeptAnswer, now: number) {
  const seconds = Math.max(1, Math.ceil((expiresAt - now) / SECOND_MS));
  const begun = new Date(expiresAt - IDEMPOTENCY_KEPT_MS);
  const answered = [answer.status, JSON.stringify(answer.headers), answer.body];
  return [scope, key, fingerprint, begun, begun, ...answered, seconds];
}
