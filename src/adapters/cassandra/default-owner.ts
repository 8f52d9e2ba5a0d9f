import type { Command } from "../../application/commands.ts";
import { settledBy } from "./conditional.ts";
import { Rounds } from "./rounds.ts";
import { optionalText } from "./rows.ts";
import type { Session } from "./session.ts";

/** How long an instance may not know of a default owner, ms. Adoption begins later than that. */
export const KNOWN_MS = 10_000;

const SELECT = "SELECT value FROM meta WHERE key = 'default-owner'";
const INSERT = "INSERT INTO meta (key, value) VALUES ('default-owner', ?) IF NOT EXISTS";
const MOVE = "UPDATE meta SET value = ? WHERE key = 'default-owner' IF value = ?";

/** Whose the lists without an owner are, as this instance knows it. */
export class DefaultOwner {
  private known: string | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<string | undefined> | undefined;

  constructor(private readonly session: Session) {}

  /** As it was a moment ago at the most. */
  get(): Promise<string | undefined> | string | undefined {
    if (performance.now() - this.readAt < KNOWN_MS) return this.known;
    this.reading ??= this.read(false).finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  async set({ userId, from }: Command<"setDefaultOwner">, latest: number) {
    const rounds = new Rounds(this.session, latest);
    let undecided = false;
    while (await rounds.begin()) {
      const read = () => this.read(true);
      const current = await (undecided ? settledBy(read) : read());
      if (current === userId) return { outcome: "written" } as const;
      if (current !== from) return { outcome: "conflict" } as const;
      if (!rounds.mayTry(undecided)) break;
      const attempt = () =>
        from === undefined
          ? this.session.attempt(INSERT, [userId], rounds.again)
          : this.session.attempt(MOVE, [userId, from], rounds.again);
      const answer = await (undecided ? settledBy(attempt) : attempt());
      if (!answer) undecided = true;
    }
    throw rounds.end(undecided);
  }

  private async read(settled: boolean): Promise<string | undefined> {
    const startedAt = performance.now();
    const row = await this.session.row(SELECT, [], settled ? this.session.serialRead : undefined);
    this.known = optionalText(row?.value);
    this.readAt = startedAt;
    return this.known;
  }
}
