import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { openSqliteRows } from "../../../src/adapters/sqlite/copying/reader.ts";
import { openSqliteRowWriter } from "../../../src/adapters/sqlite/copying/writer.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { type CopyStep, FINISHING_ROUNDS_MAX, finishCopy } from "../../../src/application/copy.ts";
import { newChecksum } from "../../../src/commands/support/copying.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { fixedClock, openStore, scratchFolder, taskIn } from "./support.ts";

const OWN_WRITES = [
  "INSERT INTO meta (key, value) VALUES ('probe', hex(randomblob(4))) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  "DELETE FROM idempotency WHERE expires_at < 10",
  "DELETE FROM task WHERE checklist_id = 'purged' AND id IN (SELECT id FROM task WHERE checklist_id = 'purged' LIMIT 1)",
];

/** Finishes a copy of a small store, with `between` done whenever its rows have been compared or copied. */
async function finished(between: (db: Database) => void) {
  using folder = scratchFolder();
  await using serving = await openStore(folder.file("a.db"));
  for (let made = 0; made < 5; made++) await serving.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  const other = new Database(folder.file("a.db"));
  for (let made = 0; made < 20; made++) {
    other.run(
      "INSERT INTO task (checklist_id, id, todo, status, priority, created_at, updated_at, version) VALUES ('purged', ?, 'x', 'pending', 'low', 1, 1, 1)",
      [String(made)],
    );
  }
  other.run(
    "INSERT INTO idempotency (scope, key, fingerprint, status, headers, body, expires_at) VALUES ('s', 'k', 'f', 201, '{}', '', 1)",
  );
  await using source = openSqliteRows(folder.file("a.db"));
  await using target = openSqliteRowWriter(folder.file("b.db"), fixedClock.now());
  try {
    return await finishCopy({
      source,
      target,
      clock: fixedClock,
      ids: { next: () => Bun.randomUUIDv7() },
      newChecksum,
      stop: new AbortController().signal,
      pause: async () => undefined,
      onStep: ({ step }: CopyStep) => step === "comparing" && between(other),
      onDifference: () => undefined,
    });
  } finally {
    other.close();
  }
}

test("a store's own writes (probes, expired keys, purges) never prevent a copy from finishing", async () => {
  const end = await finished((db) => {
    for (const sql of OWN_WRITES) db.run(sql);
  });
  expect(end).toMatchObject({ outcome: "equal", rounds: 1, comparison: { tasks: 5 } });
});

for (const [what, sql] of [
  [
    "a change",
    "UPDATE task SET todo = todo || '!', version = version + 1, updated_at = updated_at + 1 WHERE id = (SELECT id FROM task WHERE checklist_id <> 'purged' LIMIT 1)",
  ],
  ["a deletion", "DELETE FROM task WHERE id = (SELECT id FROM task WHERE checklist_id <> 'purged' LIMIT 1)"],
  [
    "a renaming",
    "UPDATE checklist SET name = name || '!', version = version + 1, updated_at = updated_at + 1",
  ],
] as const) {
  test(`${what} by a user in each round prevents it from finishing`, async () => {
    let rounds = 0;
    const end = await finished((db) => {
      rounds++;
      db.run(sql);
    });
    expect(end).toMatchObject({ outcome: "different", sourceChanging: true });
    expect(rounds).toBe(FINISHING_ROUNDS_MAX);
  });
}
