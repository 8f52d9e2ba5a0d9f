import { TodosError } from "../../domain/errors.ts";
import type { Book } from "./book.ts";
import { EVERYBODY } from "./records.ts";

/** Key of the fact. */
export const ADMINS = "admins";

/**
 * Who is an admin and not disabled, in one record, so that of two who take the last two admins away at the same time one
 * is refused. A promotion writes the user first, a demotion this set: a crash in between leaves no admin who is not one.
 */
export class Admins {
  constructor(private readonly book: Book) {}

  async add(userId: string): Promise<void> {
    const isFirst = await this.book.add("fact", {
      key: ADMINS,
      owner: EVERYBODY,
      value: { value: [userId] },
    });
    if (isFirst) return;
    await this.book.change("fact", ADMINS, ({ value }) => {
      const ids = idsOf(value);
      return ids.includes(userId) ? undefined : { value: [...ids, userId] };
    });
  }

  /** @throws TodosError conflict if there would be none left */
  async remove(userId: string): Promise<void> {
    await this.book.change("fact", ADMINS, ({ value }) => {
      const left = idsOf(value).filter((id) => id !== userId);
      if (left.length === 0)
        throw new TodosError("conflict", "This is the last admin. Make somebody else an admin first.");
      return { value: left };
    });
  }
}

function idsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  throw new TypeError("the set of admins is not a list");
}
