import { expect, test } from "bun:test";
import { join } from "node:path";
import { crashRounds } from "./crash-rounds.ts";
import { openStore, scratchFolder } from "./support.ts";

/** The full count runs against the compiled binary, in test/acceptance. */
const ROUNDS = 5;

test(`kill -9 under concurrent writes, ${ROUNDS} rounds: no acknowledged write lost, no damage`, async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const command = [process.execPath, join(import.meta.dir, "children/write.ts"), path];
  const { acknowledged, lost, damage } = await crashRounds(ROUNDS, path, command);
  expect(acknowledged).toBeGreaterThan(ROUNDS);
  expect(lost).toEqual([]);
  expect(damage).toEqual([]);
  await using opened = await openStore(path);
  expect(await opened.store.check()).toBeUndefined();
}, 60_000);
