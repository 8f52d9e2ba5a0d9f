import type { Slice } from "../ports.ts";
import type { RowChange } from "./ports.ts";
import { byCodePoints } from "./rows.ts";

/** The page after that key; the first page if there is none. */
export type NextPage<T> = (after: string | undefined) => Promise<Slice<T>>;

/** Rows in order, one page in memory at a time. */
class Rows<T> {
  private page: readonly T[] = [];
  private at = 0;
  private next: string | undefined;
  private begun = false;

  constructor(private readonly read: NextPage<T>) {}

  /** The current row, once `fill` has resolved; undefined at the end. */
  get current(): T | undefined {
    return this.page[this.at];
  }

  /** Whether `fill` must read. */
  get isDry(): boolean {
    return this.at >= this.page.length && (!this.begun || this.next !== undefined);
  }

  advance(): void {
    this.at++;
  }

  async fill(): Promise<void> {
    while (this.isDry) {
      const { items, next } = await this.read(this.next);
      this.begun = true;
      this.page = items;
      this.next = next;
      this.at = 0;
    }
  }
}

/**
 * The changes that turn the rows of `target` into those of `source`, both ordered by id, in groups of at most `limit`.
 * @param seen called with the number of source rows compared
 */
export async function* differences<T extends { readonly id: string }>(
  source: NextPage<T>,
  target: NextPage<T>,
  textOf: (row: T) => string,
  limit: number,
  seen: (rows: number) => void,
): AsyncGenerator<readonly RowChange<T>[]> {
  const [left, right] = [new Rows(source), new Rows(target)];
  let changes: RowChange<T>[] = [];
  for (;;) {
    if (left.isDry || right.isDry) await Promise.all([left.fill(), right.fill()]);
    const [after, before] = [left.current, right.current];
    if (after === undefined && before === undefined) break;
    const order = orderOf(after, before);
    if (order <= 0) left.advance();
    if (order >= 0) right.advance();
    if (order <= 0) seen(1);
    const change = changeOf(order, after, before);
    if (order !== 0 || textOf(present(after)) !== textOf(present(before))) changes.push(change);
    if (changes.length < limit) continue;
    yield changes;
    changes = [];
  }
  if (changes.length > 0) yield changes;
}

/** Negative: the source's row has no counterpart. Positive: the target's row has none. */
function orderOf(
  after: { readonly id: string } | undefined,
  before: { readonly id: string } | undefined,
): number {
  if (after === undefined) return 1;
  return before === undefined ? -1 : byCodePoints(after.id, before.id);
}

function changeOf<T>(order: number, after: T | undefined, before: T | undefined): RowChange<T> {
  if (order < 0) return { after: present(after) };
  return order > 0 ? { before: present(before) } : { before: present(before), after: present(after) };
}

function present<T>(row: T | undefined): T {
  if (row === undefined) throw new TypeError("no row to compare");
  return row;
}
