import { expect } from "bun:test";
import type { Json } from "../../support/client.ts";

/** What the service has promised of one task. */
interface Promised {
  /** Of the last answered write. */
  version: number;
  text: string;
  list: string;
  isDeleted: boolean;
  /** Deletions without an answer: done or not. */
  doubtfulDeletions: number;
  /** Texts of writes without an answer: done or not. */
  readonly doubtful: Set<string>;
}

/**
 * What the clients of one round know. Every write gives its task a text of its own, so a text is in one list for ever,
 * for every reader and at any time.
 */
export class Ledger {
  moves = 0;
  edits = 0;
  deletions = 0;
  /** Rows of tasks that were read. */
  sightings = 0;
  private texts = 0;
  private readonly promised = new Map<string, Promised>();
  private readonly listOfText = new Map<string, string>();

  /** @param word of all its texts, and of no others */
  constructor(readonly word: string) {}

  get ids(): readonly string[] {
    return [...this.promised.keys()];
  }

  newText(): string {
    return `${this.word} ${++this.texts}`;
  }

  created({ id, todo }: Json, list: string): void {
    const [version, text, doubtful] = [1, todo, new Set<string>()];
    this.promised.set(id, { version, text, list, isDeleted: false, doubtfulDeletions: 0, doubtful });
    this.listOfText.set(todo, list);
  }

  of(id: string): Promised {
    const promised = this.promised.get(id);
    if (!promised) throw new Error(`${id} is not of this round`);
    return promised;
  }

  answered(id: string, version: number, text: string, list: string): void {
    const promised = this.of(id);
    this.sawText(text, list);
    if (version > promised.version) Object.assign(promised, { version, text, list });
  }

  /** Some reader has found a task; those of other rounds are passed over. */
  saw({ id, todo }: Pick<Json, "id" | "todo">, list: string): void {
    if (!this.promised.has(id)) return;
    this.sightings++;
    this.sawText(todo, list);
  }

  /** @param version of the row that is there after all this */
  expectKept(id: string, version: number, text: string): void {
    const promised = this.of(id);
    expect({ id, version }).toEqual({ id, version: Math.max(version, promised.version) });
    if (version === promised.version) expect({ id, text }).toEqual({ id, text: promised.text });
    else expect([...promised.doubtful]).toContain(text);
  }

  private sawText(text: string, list: string): void {
    const before = this.listOfText.get(text) ?? list;
    expect({ text, list }).toEqual({ text, list: before });
    this.listOfText.set(text, list);
  }
}
