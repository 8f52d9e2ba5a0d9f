import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AwsCredentials } from "../../../src/adapters/cassandra/sigv4.ts";

/** Settings of the stand-in while it runs; Control.java reads them. */
export interface BenchSettings {
  /** Share of requests that time out, 0 to 1, spread evenly. */
  readonly throttle: number;
  /** Whether a write that is said to have timed out took place: its outcome is undefined, so test both. */
  readonly throttledWritesApply: boolean;
  /** From a schema statement's answer to its effect. */
  readonly schemaDelayMs: number;
  readonly pageRowsMax: number;
  /** Share of pages that are empty and not the last, 0 to 1 (1 would never end). */
  readonly emptyPageShare: number;
  readonly region: string;
  readonly credentials: AwsCredentials;
}

/** The file those settings reach the bench through: in force with the next request after `set` resolves. */
export class Control {
  readonly path: string;
  #settings: BenchSettings;
  #revision = 0;

  constructor(folder: string, settings: BenchSettings) {
    this.path = join(folder, "control.properties");
    this.#settings = settings;
  }

  get settings(): BenchSettings {
    return this.#settings;
  }

  async set(changes: Partial<BenchSettings>): Promise<void> {
    this.#settings = { ...this.#settings, ...changes };
    const { credentials, ...plain } = this.#settings;
    const lines = Object.entries({ ...plain, ...credentials }).map(
      ([name, value]) => `${name}=${value ?? ""}`,
    );
    // As a whole: the bench may read at any moment.
    await writeFile(`${this.path}.new`, `${lines.join("\n")}\n`);
    // The bench tells files apart by their time, and the system's own is the same for some milliseconds.
    const revision = ++this.#revision;
    await utimes(`${this.path}.new`, revision, revision);
    await rename(`${this.path}.new`, this.path);
  }
}
