type Member = "status" | "list";

interface Deed {
  readonly author: string;
  /** Of the row, in the author's browser. */
  readonly key: string;
  readonly member: Member;
  readonly value: unknown;
}

interface Ended {
  readonly id: string;
  readonly status: unknown;
  readonly list: unknown;
}

/** What was done to tasks' statuses and to where they are: what only one person did to a task must stay so. */
export class Deeds {
  private readonly last = new Map<string, Deed>();
  private readonly decided = new Set<string>();

  did(deed: Deed): void {
    this.last.set(`${deed.author} ${deed.key} ${deed.member}`, deed);
  }

  /** The author has decided about the task since, or it is not known what came of an act: anything may be. */
  decides(author: string, key: string): void {
    this.decided.add(`${author} ${key}`);
  }

  /** @param rows all that there are at the end. @returns what is not as the only one who cared has left it */
  contradicted(
    rows: readonly Ended[],
    idOf: (author: string, key: string) => string | undefined,
  ): readonly string[] {
    const named = [...this.last.values()].map((deed) => ({ ...deed, id: idOf(deed.author, deed.key) }));
    return named.flatMap(({ author, key, member, value, id }) => {
      const row = rows.find((each) => each.id === id);
      const others = named.filter((other) => other.id === id && other.member === member);
      if (!row || others.length > 1 || this.decided.has(`${author} ${key}`)) return [];
      return row[member] === value ? [] : [`${author}: ${id} ${member} ${value}, not ${row[member]}`];
    });
  }
}
