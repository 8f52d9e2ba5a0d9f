import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { migrateSqlite, migrationStatus } from "../../../src/adapters/sqlite/maintenance.ts";
import { MIGRATIONS, migration } from "../../../src/adapters/sqlite/migrations.ts";
import { applyMigrations, schemaState } from "../../../src/adapters/sqlite/schema.ts";
import { StoreOpenError } from "../../../src/application/store-open-error.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { fixedClock, openStore, scratchFolder, thrownBy } from "./support.ts";

const FOLDER = join(import.meta.dir, "../../../migrations/sqlite");
const NOW = fixedClock.now();
const NAMES = MIGRATIONS.map(({ name }) => name);

function edit(path: string, sql: string): void {
  const db = new Database(path);
  db.run(sql);
  db.close();
}

test("every file of migrations/sqlite is in the binary, numbered without gaps, with the same text", () => {
  const files = readdirSync(FOLDER).sort();
  expect(MIGRATIONS.map(({ name }) => `${name}.sql`)).toEqual(files);
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(files.map((_, index) => index + 1));
  expect(MIGRATIONS.map(({ sql }) => sql)).toEqual(
    files.map((file) => readFileSync(join(FOLDER, file), "utf8")),
  );
});

test("status and dry run of a missing file: everything is pending, and no file is created", () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  expect(migrationStatus(path)).toEqual({ applied: [], pending: NAMES });
  expect(migrateSqlite(path, { clock: fixedClock, dryRun: true })).toEqual(NAMES);
  expect(existsSync(path)).toBe(false);
});

test("migrate creates the file once; the inbox and the record have the time of that", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  expect(migrateSqlite(path, { clock: fixedClock })).toEqual(NAMES);
  expect(migrateSqlite(path, { clock: fixedClock })).toEqual([]);
  const { applied, pending } = migrationStatus(path);
  expect(pending).toEqual([]);
  expect(applied.map(({ name, appliedAt }) => ({ name, appliedAt }))).toEqual(
    NAMES.map((name) => ({ name, appliedAt: NOW })),
  );
  await using opened = await openStore(path);
  expect(await opened.store.findChecklist(INBOX_ID)).toMatchObject({ createdAt: NOW, updatedAt: NOW });
});

test("every table is strict, and without rowid unless its rows are numbered", () => {
  using folder = scratchFolder();
  migrateSqlite(folder.file("todos.db"), { clock: fixedClock });
  const db = new Database(folder.file("todos.db"), { readonly: true });
  const tables = db.query("SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main'").values();
  db.close();
  const ours = tables.filter(([name]) => !String(name).startsWith("sqlite_"));
  expect(ours.length).toBeGreaterThanOrEqual(6);
  expect(ours.filter(([, , strict]) => strict !== 1)).toEqual([]);
  expect(ours.filter(([, wr]) => wr !== 1).map(([name]) => name)).toEqual(["trashed_checklist"]);
});

test("a database newer than the binary is refused by serve and by status", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  migrateSqlite(path, { clock: fixedClock });
  edit(path, "INSERT INTO schema_migration VALUES (99, '0099_from_tomorrow', 'abc', 0)");
  for (const attempt of [() => openStore(path), () => migrationStatus(path)]) {
    const error = await thrownBy(attempt);
    expect(error).toBeInstanceOf(StoreOpenError);
    expect(String(error)).toContain("was written by a newer todos (its schema is 0099_from_tomorrow");
  }
});

test("a migration whose text has changed is refused", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  migrateSqlite(path, { clock: fixedClock });
  edit(path, "UPDATE schema_migration SET checksum = 'other' WHERE version = 1");
  const error = await thrownBy(() => openStore(path));
  expect(error).toBeInstanceOf(StoreOpenError);
  expect(String(error)).toContain(`a different text of ${NAMES[0]}`);
});

test("an older database gets only what it lacks, all or nothing", () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  migrateSqlite(path, { clock: fixedClock });
  const next = MIGRATIONS.length + 1;
  const number = String(next).padStart(4, "0");
  const good = migration(`${number}_notes`, "CREATE TABLE note (id TEXT NOT NULL) STRICT; -- at :now\n");
  const bad = migration(`${String(next + 1).padStart(4, "0")}_typo`, "CREATE TABEL oops (id TEXT)");
  const db = new Database(path);
  expect(() => applyMigrations(db, path, NOW, [...MIGRATIONS, good, bad])).toThrow("syntax error");
  expect(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'note'").get()).toBeNull();
  expect(applyMigrations(db, path, NOW, [...MIGRATIONS, good])).toEqual([good]);
  expect(schemaState(db, path, [...MIGRATIONS, good]).pending).toEqual([]);
  db.close();
});

test("if several processes open a new file at once, one migrates and one serves", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const child = join(import.meta.dir, "children/open.ts");
  const children = Array.from({ length: 3 }, () =>
    Bun.spawn([process.execPath, child, path], { stdout: "pipe", stderr: "pipe" }),
  );
  const said = await Promise.all(children.map((one) => new Response(one.stdout).text()));
  expect(said.filter((text) => text === "opened\n").length).toBeGreaterThanOrEqual(1);
  expect(said.filter((text) => !/^opened|already being served/.test(text))).toEqual([]);
  expect(migrationStatus(path).pending).toEqual([]);
});
