import { Database } from "bun:sqlite";
import { Acknowledgements } from "./acknowledgements.ts";

/** Longest life of a writer before it is killed, ms; the shortest is just its first acknowledgement. */
const LIFE_MS_MAX = 120;

export interface CrashRounds {
  readonly rounds: number;
  /** Writes acknowledged over all rounds. */
  readonly acknowledged: number;
  /** Acknowledged, and not in the file afterwards. */
  readonly lost: readonly string[];
  /** Findings of integrity checks. */
  readonly damage: readonly string[];
}

/**
 * Starts a writer, kills it with -9 at a random moment, and checks the file; repeatedly, on one file. Every id
 * acknowledged in any round must exist after every later one.
 * @param command runs a process that serves `path`, creates rows from many callers at once, and prints the id of each,
 * a line, once it is acknowledged
 * @param storedIds reads all ids from the file
 */
export async function crashRounds(
  rounds: number,
  path: string,
  command: readonly string[],
  storedIds: (db: Database) => ReadonlySet<string> = taskIds,
): Promise<CrashRounds> {
  const acknowledged: string[] = [];
  const damage: string[] = [];
  let lost: readonly string[] = [];
  for (let round = 0; round < rounds && lost.length === 0; round++) {
    acknowledged.push(...(await acknowledgedUntilKilled(command)));
    // Opened for writing, as the next process would: that is what recovers the log.
    const db = new Database(path, { readwrite: true });
    damage.push(...damageIn(db));
    const stored = storedIds(db);
    lost = acknowledged.filter((id) => !stored.has(id));
    db.close();
  }
  return { rounds, acknowledged: acknowledged.length, lost, damage };
}

async function acknowledgedUntilKilled(command: readonly string[]): Promise<readonly string[]> {
  const child = Bun.spawn([...command], { stdout: "pipe" });
  const acknowledgements = new Acknowledgements(child.stdout);
  await acknowledgements.atLeast(1);
  const killing = setTimeout(() => child.kill("SIGKILL"), Math.random() * LIFE_MS_MAX);
  await acknowledgements.toTheEnd();
  clearTimeout(killing);
  await child.exited;
  if (child.signalCode !== "SIGKILL") throw new Error("the writer ended before it was killed");
  return acknowledgements.ids;
}

function damageIn(db: Database): string[] {
  const lines = db.query("PRAGMA integrity_check").values().flat().map(String);
  return lines.filter((line) => line !== "ok");
}

function taskIds(db: Database): ReadonlySet<string> {
  return new Set(db.query("SELECT id FROM task").values().flat().map(String));
}
