type Member = "status" | "list";

interface Deed {
  readonly author: string;
  /** Of the row, in the author's browser. */
  readonly key: string;
  /** Of the task, if the author's browser knew it then. */
  readonly id: string | undefined;
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
    this.last.set(nameOf(deed), deed);
  }

  /** The author has decided about the task, or nobody knows what came of an act: anything may be. */
  decides(author: string, key: string, id: string | undefined): void {
    for (const member of ["status", "list"] as const) {
      const deed = { author, key, id, member, value: undefined };
      if (!this.last.has(nameOf(deed))) this.did(deed);
    }
    this.decided.add(`${author} ${key}`);
  }

  /** @param rows all that there are at the end. @returns what is not as the only one who cared has left it */
  contradicted(
    rows: readonly Ended[],
    idOf: (author: string, key: string) => string | undefined,
  ): readonly string[] {
    const named = [...this.last.values()].map((deed) => ({
      ...deed,
      id: idOf(deed.author, deed.key) ?? deed.id,
    }));
    return named.flatMap(({ author, key, member, value, id }) => {
      const row = rows.find((each) => each.id === id);
      const others = named.filter((other) => other.id === id && other.member === member);
      if (!row || others.length > 1 || this.decided.has(`${author} ${key}`)) return [];
      return row[member] === value ? [] : [`${author}: ${id} ${member} ${value}, not ${row[member]}`];
    });
  }
}

function nameOf({ author, key, member }: Deed): string {
  return `${author} ${key} ${member}`;
}
