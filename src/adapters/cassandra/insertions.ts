import { settledBy } from "./conditional.ts";
import { unavailable } from "./failures.ts";
import type { Held, Partitions } from "./partitions.ts";
import { Rounds } from "./rounds.ts";
import { text } from "./rows.ts";
import type { Param, Row, Session, Statement } from "./session.ts";
import { REMEMBERED_S } from "./shared-turn.ts";

/** Rows that share one transaction at most: a round of Paxos costs the same for one and for all. */
const ROWS_TOGETHER_MAX = 32;
/** This many at once are probably part of a burst, on other instances too. */
const MANY_AT_ONCE = 3;
/** And their texts, UTF-16 units. */
const TEXT_UNITS_TOGETHER_MAX = 128 * 1_024;

const DONE = `UPDATE todo USING TTL ${REMEMBERED_S} SET turn_done = ? WHERE checklist_id = ?`;
const SELECT_FOUND = "SELECT id, creation FROM todo WHERE checklist_id = ? AND id IN ?";

/** A task to be inserted by an `INSERT … IF NOT EXISTS`. */
export interface Insertion {
  readonly list: string;
  readonly id: string;
  readonly statement: Statement;
  /** Time of `performance.now()` after which nothing is sent any more. */
  readonly latest: number;
}

interface Waiting extends Insertion {
  readonly units: number;
  resolve(found: Row | undefined): void;
  reject(error: unknown): void;
}

/**
 * Inserts tasks. Those of one list that wait for the same turn share one transaction: all of them are
 * created or none, and each is answered separately.
 */
export class Insertions {
  /** For each list the last group that still waits. */
  private readonly gathering = new Map<string, Waiting[]>();
  private readonly rowsMax: number;

  constructor(
    private readonly session: Session,
    private readonly partitions: Partitions,
  ) {
    this.rowsMax = session.rules.paxos ? ROWS_TOGETHER_MAX : 1;
  }

  /** @returns what there was already of an earlier attempt of the same request, or of this one; undefined: this call made it */
  insert(insertion: Insertion): Promise<Row | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Row | undefined>();
    this.join({ ...insertion, units: unitsOf(insertion.statement.params), resolve, reject });
    return promise;
  }

  private join(one: Waiting): void {
    const group = this.gathering.get(one.list);
    if (group && this.hasRoom(group, one)) group.push(one);
    else void this.gather(one);
  }

  /** Two inserts of one row in one transaction would both be told that theirs is the one. */
  private hasRoom(group: readonly Waiting[], { id, units }: Waiting): boolean {
    if (group.some((each) => each.id === id)) return false;
    const all = group.reduce((sum, each) => sum + each.units, units);
    return group.length < this.rowsMax && all <= TEXT_UNITS_TOGETHER_MAX;
  }

  private async gather(first: Waiting): Promise<void> {
    const { list } = first;
    const group = [first];
    this.gathering.set(list, group);
    const closed = () => {
      if (this.gathering.get(list) === group) this.gathering.delete(list);
    };
    try {
      // Each has its own deadline, checked when the turn comes. More may arrive until then.
      await this.partitions.alone(list, Number.POSITIVE_INFINITY, async (held) => {
        if (group.length >= MANY_AT_ONCE) await held.expectOthers();
        closed();
        return this.insertAll(list, group, held);
      });
    } catch (error) {
      closed();
      for (const { reject } of group) reject(error);
    }
  }

  /** Tries until each exists or its deadline has passed. */
  private async insertAll(list: string, group: readonly Waiting[], held: Held): Promise<void> {
    let left = group;
    let undecided = false;
    // Each has its own deadline.
    const rounds = new Rounds(this.session, Number.POSITIVE_INFINITY);
    while (await rounds.begin()) {
      const rows = inTime(left, undecided);
      if (rows.length === 0) return;
      if (!rounds.mayTry(undecided)) return rows.forEach(({ reject }) => void reject(rounds.end(undecided)));
      const done = held.done();
      const attempt = () => this.attempt(list, rows, done, rounds.again);
      const answer = await (undecided ? settledBy(attempt) : attempt());
      if (answer?.["[applied]"] === true) {
        if (done !== undefined) held.given();
        return rows.forEach(({ resolve }) => void resolve(undefined));
      }
      if (!answer) {
        undecided = true;
        await held.again();
      }
      // Either the outcome is unknown, or an earlier attempt of one of these requests created its row: all or none.
      const there = await settledBy(() => this.found(list, rows));
      for (const { id, resolve } of rows) if (there.has(id)) resolve(there.get(id));
      left = rows.filter(({ id }) => !there.has(id));
    }
  }

  private attempt(
    list: string,
    rows: readonly Waiting[],
    done: string | undefined,
    again: boolean,
  ): Promise<Row | undefined> {
    const [first] = rows;
    const end = done === undefined ? [] : [{ query: DONE, params: [done, list] }];
    if (first && rows.length + end.length === 1)
      return this.session.attempt(first.statement.query, first.statement.params, again);
    return this.session.attemptTogether([...rows.map(({ statement }) => statement), ...end], again);
  }

  /** Once every transaction in progress has been decided. */
  private async found(list: string, rows: readonly Waiting[]): Promise<ReadonlyMap<string, Row>> {
    const ids = rows.map(({ id }) => id);
    const found = await this.session.rows(SELECT_FOUND, [list, ids], this.session.serialRead);
    return new Map(found.map((row) => [text(row.id), row]));
  }
}

/** Those that may still be sent; the others get what is known. */
function inTime(rows: readonly Waiting[], undecided: boolean): readonly Waiting[] {
  const now = performance.now();
  const known = undecided ? "unknown" : "not done";
  for (const { latest, reject } of rows) if (now > latest) reject(unavailable(undefined, known));
  return rows.filter(({ latest }) => now <= latest);
}

function unitsOf(params: readonly Param[]): number {
  return params.reduce<number>((sum, param) => sum + (typeof param === "string" ? param.length : 0), 0);
}
