import { FILTERED_ROWS_READ_MAX, type Slice } from "../../application/ports.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import { CHECKLIST_COLUMNS, type Stored, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";

function statementsFor(columns: string) {
  const placed = `SELECT ${columns}, token(id) AS place FROM checklist`;
  return {
    fromFirst: `${placed} LIMIT ?`,
    fromPlace: `${placed} WHERE token(id) > ? LIMIT ?`,
    inStretch: `${placed} WHERE token(id) > ? AND token(id) <= ? LIMIT ?`,
    byIdFirst: `SELECT ${columns} FROM checklist LIMIT ?`,
    byIdAfter: `SELECT ${columns} FROM checklist WHERE token(id) > token(?) LIMIT ?`,
  };
}

/** Tokens of Murmur3Partitioner, the only one that Cassandra makes clusters with since 1.2. */
const TOKEN_MIN = -(2n ** 63n);
const TOKEN_MAX = 2n ** 63n - 1n;
/** The shortest range of tokens that is read: of a million deleted lists it contains one. */
const STRETCH_MIN = 2n ** 44n;
/** Factor by which a range gets shorter after a node gave up, and longer or shorter depending on how long it took. */
const SHORTER_AT_FAILURE = 16n;
const STEP = 4n;
const QUICK_MS = 50;
const SLOW_MS = 300;
/** Longest time for one page, ms; a page that found little by then is short, and has a `next`. */
const PAGE_MS = 1_000;
/** The same until the first range could be read: each process learns again how long ranges may be. */
const FIRST_STRETCH_MS = 4_000;
/** Longest that a node may take for one range, ms. Three attempts, on different nodes, fit into the time above. */
const READ_MS = 1_000;

/** Where a page continues, and what is known to be there. */
interface Reading {
  readonly rows: readonly Row[];
  /** The place after all of it; undefined at the end. */
  readonly next: string | undefined;
  /** Why nothing could be read: the next read is of a shorter range. */
  readonly failure?: TodosError;
}

/**
 * Pages of checklists in the order of their tokens: the only one that a cluster can page by. It must read past deleted
 * lists, as marked rows or tombstones spread over all tokens. A page examines a limited number of rows, and ranges of
 * tokens for a limited time; it may be short or even empty, and only a missing `next` ends the listing.
 */
export class ChecklistPages<T extends Checklist = Checklist> {
  private readonly statements: ReturnType<typeof statementsFor>;
  /** How many tokens are read at once; undefined: all that are left, as long as that is quick. */
  private stretch: bigint | undefined;

  /** @param stored what is shown of a row, if anything @param columns of which it is made */
  constructor(
    private readonly session: Session,
    private readonly stored: (row: Row) => Stored<T> | undefined,
    columns = CHECKLIST_COLUMNS,
  ) {
    this.statements = statementsFor(columns);
  }

  /** @param isWanted absent: all are */
  async page(
    after: string | undefined,
    limit: number,
    isWanted: (value: T) => boolean = () => true,
  ): Promise<Slice<T>> {
    const startedAt = performance.now();
    let patienceMs = FIRST_STRETCH_MS;
    let failure: TodosError | undefined;
    const items: Placed<T>[] = [];
    let [place, examined] = [after, 0];
    do {
      // After the first read there were marked rows: more rows are read at once.
      const wanted = Math.max(
        limit + 1 - items.length,
        Math.min(examined, FILTERED_ROWS_READ_MAX - examined),
      );
      const reading = await this.read(place, wanted);
      const { rows, next } = reading;
      failure = reading.failure;
      items.push(...rows.flatMap((row) => this.placedIn(row, isWanted)));
      if (items.length > limit) return { items: listed(items, limit), ...nextOf(items[limit - 1]?.place) };
      if (next === undefined) return { items: listed(items, limit) };
      if (!failure) patienceMs = PAGE_MS;
      place = next;
      examined += rows.length;
    } while (examined < FILTERED_ROWS_READ_MAX && performance.now() - startedAt < patienceMs);
    // No range was short enough, or no node answers: a page without rows and progress would hide it.
    if (failure && patienceMs === FIRST_STRETCH_MS) throw failure;
    return { items: listed(items, limit), ...nextOf(place) };
  }

  private placedIn(row: Row, isWanted: (value: T) => boolean): Placed<T>[] {
    const stored = this.stored(row);
    return stored && !stored.removed && isWanted(stored.value)
      ? [{ place: placeOf(row), value: stored.value }]
      : [];
  }

  private read(place: string | undefined, limit: number): Promise<Reading> {
    return this.session.rules.tombstones ? this.placed(place, limit) : this.byId(place, limit);
  }

  /** For a service whose deletions leave nothing behind, and whose guide does not describe tokens. */
  private async byId(after: string | undefined, limit: number): Promise<Reading> {
    const rows = await (after === undefined
      ? this.session.rowsUpTo(this.statements.byIdFirst, [limit], limit)
      : this.session.rowsUpTo(this.statements.byIdAfter, [after, limit], limit));
    return { rows, next: rows.length < limit ? undefined : placeOf(rows.at(-1)) };
  }

  private async placed(place: string | undefined, limit: number): Promise<Reading> {
    const low = place === undefined ? TOKEN_MIN : tokenOf(place);
    const high =
      this.stretch === undefined || low > TOKEN_MAX - this.stretch ? undefined : low + this.stretch;
    const startedAt = performance.now();
    const rows = await this.inStretch(place === undefined ? undefined : low, high, limit).catch(
      (error: unknown) => {
        if (!(error instanceof TodosError && error.code === "store-unavailable")) throw error;
        // Shorter than the one that failed: other pages may have found out the same meanwhile.
        const shorter = ((high ?? TOKEN_MAX) - low) / SHORTER_AT_FAILURE;
        if (shorter < STRETCH_MIN) throw error;
        if (this.stretch === undefined || shorter < this.stretch) this.stretch = shorter;
        return error;
      },
    );
    if (rows instanceof TodosError) return { rows: [], next: place ?? String(low), failure: rows };
    if (rows.length === limit) return { rows, next: placeOf(rows.at(-1)) };
    this.learn(performance.now() - startedAt, low);
    return { rows, next: high === undefined ? undefined : String(high) };
  }

  private inStretch(
    low: bigint | undefined,
    high: bigint | undefined,
    limit: number,
  ): Promise<readonly Row[]> {
    const rows = (query: string, params: readonly (string | number)[]) =>
      this.session.rowsUpTo(query, params, limit, undefined, () => {}, READ_MS);
    if (high !== undefined)
      return rows(this.statements.inStretch, [String(low ?? TOKEN_MIN), String(high), limit]);
    return low === undefined
      ? rows(this.statements.fromFirst, [limit])
      : rows(this.statements.fromPlace, [String(low), limit]);
  }

  /** How long a range took that had to be read to its end. */
  private learn(tookMs: number, low: bigint): void {
    const all = TOKEN_MAX - low;
    if (tookMs > SLOW_MS) {
      const shorter = (this.stretch ?? all) / STEP;
      if (shorter > STRETCH_MIN) this.stretch = shorter;
    } else if (this.stretch !== undefined) {
      const longer = this.stretch * (tookMs < QUICK_MS ? STEP : 2n);
      this.stretch = longer > TOKEN_MAX - TOKEN_MIN ? undefined : longer;
    }
  }
}

interface Placed<T> {
  readonly place: string;
  readonly value: T;
}

/** The token if the row has one, else the id. */
function placeOf(row: Row | undefined): string {
  return row?.place === undefined ? text(row?.id) : String(row.place);
}

function tokenOf(place: string): bigint {
  const token = /^-?\d{1,19}$/.test(place) ? BigInt(place) : undefined;
  if (token === undefined || token < TOKEN_MIN || token > TOKEN_MAX) throw unknownPlace();
  return token;
}

function unknownPlace(): TodosError {
  const detail = "is not a cursor of this service; follow the `next` link unchanged";
  return new TodosError("validation-failed", detail, { violations: [{ pointer: "/query/after", detail }] });
}

function listed<T>(items: readonly Placed<T>[], limit: number): T[] {
  return items.slice(0, limit).map(({ value }) => value);
}

function nextOf(place: string | undefined): { next?: string } {
  return place === undefined ? {} : { next: place };
}
