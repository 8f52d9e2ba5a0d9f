import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { Client } from "../support/client.ts";
import { seededRandom } from "../support/random.ts";
import { type Data, scratchData, startService } from "../support/service.ts";
import { FULL_SIZE, note } from "../support/size.ts";
import { brokenEtags, brokenKeys, brokenPromises } from "./crash/aftermath.ts";
import { Ledger } from "./crash/ledger.ts";
import { writeUntilTheEnd } from "./crash/writers.ts";

const ROUNDS = FULL_SIZE ? 300 : 30;
/** Longest life of the service after its first acknowledged write, ms. */
const LIFE_MS_MAX = 150;
/** Generous, for a busy machine; a round takes a few tenths of a second. */
const ROUND_DEADLINE_MS = 10_000;
const SEED = 20_260_102;

test(
  `kill -9 under concurrent writes over HTTP, ${ROUNDS} rounds: no acknowledged write is lost, no damage`,
  async () => {
    using data = scratchData();
    const random = seededRandom(SEED);
    const ledgers: Ledger[] = [];
    let inDoubt = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const ledger = await roundOfWrites(data, random.next() * LIFE_MS_MAX);
      ledgers.push(ledger);
      inDoubt += ledger.writesInDoubt;
      expect({ round, broken: await afterTheCrash(data, ledger) }).toEqual({ round, broken: [] });
    }
    expect(await brokenInTheEnd(data, ledgers)).toEqual([]);
    const acknowledged = ledgers.reduce((sum, ledger) => sum + ledger.acknowledged, 0);
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    expect(inDoubt).toBeGreaterThan(0);
    note(
      `kill -9 over HTTP: ${ROUNDS} rounds, ${acknowledged} writes acknowledged, 0 lost, ${inDoubt} in doubt`,
    );
  },
  ROUNDS * ROUND_DEADLINE_MS,
);

/** One life of the service, ended during writes. @param lifeMs after its first acknowledged write */
async function roundOfWrites(data: Data, lifeMs: number): Promise<Ledger> {
  await using service = await startService({}, data);
  const client = new Client(service.url);
  const ledger = new Ledger((await client.checklist("A round")).id);
  const writing = writeUntilTheEnd(client, ledger);
  await Promise.race([ledger.begun, writing]);
  // Only the moment of the kill is random in time.
  await Bun.sleep(lifeMs);
  await service.stop("SIGKILL");
  await writing;
  expect(service.process.signalCode).toBe("SIGKILL");
  return ledger;
}

/** Serves the file again and checks every promise of the last round. */
async function afterTheCrash(data: Data, ledger: Ledger): Promise<readonly string[]> {
  await using service = await startService({}, data);
  const client = new Client(service.url);
  const broken = [...damage(data), ...(await brokenPromises(client, ledger))];
  broken.push(...(await brokenKeys(client, ledger)), ...(await brokenEtags(client, ledger)));
  // Killed again: writes acknowledged during the checks must also survive.
  await service.stop("SIGKILL");
  return broken;
}

async function brokenInTheEnd(data: Data, ledgers: readonly Ledger[]): Promise<readonly string[]> {
  await using service = await startService({}, data);
  const client = new Client(service.url);
  const broken = damage(data);
  for (const ledger of ledgers) broken.push(...(await brokenPromises(client, ledger)));
  return broken;
}

/** SQLite's own check of the file, while the service runs. */
function damage(data: Data): string[] {
  const db = new Database(data.settings.TODOS_SQLITE_PATH ?? "", { readonly: true });
  const lines = db.query("PRAGMA integrity_check").values().flat().map(String);
  db.close();
  return lines.filter((line) => line !== "ok");
}
