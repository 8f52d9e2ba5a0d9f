import { errors, types } from "cassandra-driver";
import { boundedly } from "../../../application/copy/work.ts";
import { failureOfTransaction, unavailable } from "../failures.ts";
import type { Stored } from "../rows.ts";
import type { Session } from "../session.ts";
import type { Found, Statement } from "./statements.ts";

/** Rows of one partition that one transaction writes: a round of Paxos costs the same for one and for all. */
const ROWS_TOGETHER_MAX = 50;
/** And their texts, UTF-16 units: nodes refuse what does not fit into half of a commit-log segment. */
const TEXT_UNITS_TOGETHER_MAX = 512 * 1_024;
/** Rows of one partition written at once by a transaction each. */
const ROWS_AT_ONCE = 16;
/** Longest that one row is tried again, ms. */
const SETTLING_DEADLINE_MS = 30_000;

/** One row to write: as `first` if the target has not changed since it was read, else after reading again. */
export interface RowWork<T> {
  readonly first: Statement;
  /** The row once every transaction in progress has been decided. */
  read(): Promise<Stored<T> | undefined>;
  /** Whether there is nothing left to do. */
  isDone(now: T | undefined): boolean;
  statement(found: Found): Statement;
}

/** Writes rows by lightweight transactions, those of one partition together. Harmless when repeated. */
export class Transactions {
  /** Some services support no conditions in a batch. */
  private together = true;

  constructor(private readonly session: Session) {}

  /** @param works rows of one partition @throws TodosError store-unavailable */
  async onePartition<T>(works: readonly RowWork<T>[]): Promise<void> {
    for (const group of grouped(works)) {
      if (group.length > 1 && this.together && (await this.applied(group))) continue;
      // Colliding transactions in a Cassandra partition hinder each other; on services that reject batches they do
      // not.
      await boundedly(group, this.together ? 1 : ROWS_AT_ONCE, (work) => this.one(work));
    }
  }

  /** @throws TodosError store-unavailable */
  async one<T>(work: RowWork<T>): Promise<void> {
    const answer = await this.session.attempt(work.first.query, work.first.params);
    if (answer?.["[applied]"] !== true) await this.settle(work);
  }

  /** The outcome is unknown, or the row has changed: an earlier run's write arrived late. */
  private async settle<T>(work: RowWork<T>): Promise<void> {
    const deadline = performance.now() + SETTLING_DEADLINE_MS;
    while (performance.now() < deadline) {
      const found = await work.read();
      if (work.isDone(found?.value)) return;
      const { query, params } = work.statement(found);
      const answer = await this.session.attempt(query, params);
      if (answer?.["[applied]"] === true) return;
    }
    throw unavailable(undefined, "unknown");
  }

  /** @returns whether all of it was written; none of it is if one row has changed */
  private async applied<T>(group: readonly RowWork<T>[]): Promise<boolean> {
    const queries = group.map(({ first: { query, params } }) => ({ query, params: [...params] }));
    try {
      const result = await this.session.client.batch(queries, {
        prepare: true,
        logged: false,
        isIdempotent: false,
        serialConsistency: types.consistencies.localSerial,
      });
      return result.first()?.["[applied]"] === true;
    } catch (error) {
      if (isRefusal(error)) {
        this.together = false;
        return false;
      }
      const failure = failureOfTransaction(error);
      if (failure === "fault") throw error;
      if (failure === "refused") throw unavailable(error, "not done");
      return false;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof errors.ResponseError && error.code === types.responseErrorCodes.invalid;
}

function* grouped<T>(works: readonly RowWork<T>[]): Generator<readonly RowWork<T>[]> {
  let group: RowWork<T>[] = [];
  let units = 0;
  for (const work of works) {
    const more = unitsOf(work.first);
    if (group.length === ROWS_TOGETHER_MAX || (group.length > 0 && units + more > TEXT_UNITS_TOGETHER_MAX)) {
      yield group;
      group = [];
      units = 0;
    }
    group.push(work);
    units += more;
  }
  if (group.length > 0) yield group;
}

function unitsOf({ params }: Statement): number {
  return params.reduce<number>((sum, param) => sum + (typeof param === "string" ? param.length : 0), 0);
}
