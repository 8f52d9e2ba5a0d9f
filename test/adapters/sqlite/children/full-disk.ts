/**
 * Fills the small disk that the store named on the command line lies on, makes room again, and prints
 * what the store did meanwhile, as JSON.
 */
import { Database } from "bun:sqlite";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ANYONE } from "../../../../src/application/caller.ts";
import { createTask } from "../../../../src/application/commands.ts";
import { INBOX_ID } from "../../../../src/domain/checklist.ts";
import { openStore, taskIn, thrownBy } from "../support.ts";

const ROOM_MADE_BYTES = 2_000_000;
const WRITES_MAX = 20_000;
const path = process.argv[2] ?? "";
const filler = join(dirname(path), "filler");
const rest = join(dirname(path), "rest");
writeFileSync(filler, Buffer.alloc(ROOM_MADE_BYTES));

const { store, log } = await openStore(path);
const acknowledged: string[] = [];

async function createOne(): Promise<void> {
  const row = taskIn(INBOX_ID, { description: "x".repeat(5_000) });
  await store.write(createTask(ANYONE, row));
  acknowledged.push(row.id);
}

async function createUntilFull(): Promise<unknown> {
  for (let writes = 0; writes < WRITES_MAX; writes++) await createOne();
  return undefined;
}

/** Takes what is left, so that not even a small write has room. */
function takeTheRest(): void {
  for (;;) appendFileSync(rest, Buffer.alloc(4_096));
}

const refused = await thrownBy(createUntilFull);
await thrownBy(takeTheRest);
const readWhileFull = (await store.listTasks(INBOX_ID, {}, undefined, 10))?.items.length;
const checkWhileFull = await thrownBy(() => store.check());
const beforeRoom = acknowledged.length;
rmSync(filler);
await createOne();
await store.check();
const found = acknowledged.filter((id) => store.findTask(INBOX_ID, id) !== undefined).length;
await store.close();
const db = new Database(path, { readonly: true });
const integrity = db.query("PRAGMA integrity_check").values();
console.log(
  JSON.stringify({
    refused,
    message: String(refused),
    readWhileFull,
    checkWhileFull,
    beforeRoom,
    acknowledged: acknowledged.length,
    found,
    integrity,
    logged: log.lines.map(({ message }) => message),
  }),
);
