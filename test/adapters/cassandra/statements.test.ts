import { describe, expect, test } from "bun:test";
import { cassandraMigration } from "../../../src/adapters/cassandra/schema/migrations.ts";
import { inKeyspaces } from "../../../src/adapters/cassandra/schema/slow-schema.ts";
import {
  addingOnly,
  type Statement,
  statementsOf,
} from "../../../src/adapters/cassandra/schema/statements.ts";

type Added = Statement & { kind: "add-columns" };

describe("columns that a statement adds", () => {
  const added = (cql: string) => statementsOf(cql)[0] as Added;

  test("one, several, static ones, and those of types with commas", () => {
    expect(added("ALTER TABLE todo ADD turn_done text static").columns).toEqual([
      { name: "turn_done", type: "text", isStatic: true },
    ]);
    const several = added("ALTER TABLE todo ADD (colour text, sizes map<text, int>, flag boolean static);");
    expect(several.columns).toEqual([
      { name: "colour", type: "text", isStatic: false },
      { name: "sizes", type: "map<text, int>", isStatic: false },
      { name: "flag", type: "boolean", isStatic: true },
    ]);
    expect(addingOnly(several, several.columns)).toBe(several.cql);
    expect(addingOnly(several, several.columns.slice(1))).toBe(
      "ALTER TABLE todo ADD (sizes map<text, int>, flag boolean static)",
    );
  });

  test.each([
    "ALTER TABLE todo ADD (colour)",
    "ALTER TABLE todo ADD a int, b int",
    "ALTER TABLE todo DROP a",
  ])("%s is refused", (cql) => {
    expect(() => statementsOf(cql)).toThrow("a migration may only add");
  });

  test("a later migration alters a table once", () => {
    const text = "ALTER TABLE todo ADD a int; ALTER TABLE checklist ADD a int; ALTER TABLE todo ADD b int;";
    expect(() => cassandraMigration("0010_next", text)).toThrow("0010_next alters todo more than once");
    expect(cassandraMigration("0010_next", "ALTER TABLE todo ADD (a int, b int);").statements).toHaveLength(
      1,
    );
  });
});

test.each([
  [
    "CREATE TABLE t (id text PRIMARY KEY)",
    " WITH CUSTOM_PROPERTIES = {'point_in_time_recovery': {'status': 'enabled'}}",
  ],
  [
    "CREATE TABLE t (id text PRIMARY KEY) WITH gc_grace_seconds = 3600",
    " AND CUSTOM_PROPERTIES = {'point_in_time_recovery': {'status': 'enabled'}}",
  ],
  [
    "CREATE TABLE t (id text PRIMARY KEY) WITH default_time_to_live = 60",
    " AND CUSTOM_PROPERTIES = {'point_in_time_recovery': {'status': 'enabled'}, 'ttl': {'status': 'enabled'}}",
  ],
  ["ALTER TABLE t WITH default_time_to_live = 60", " AND CUSTOM_PROPERTIES = {'ttl': {'status': 'enabled'}}"],
  ["ALTER TABLE t ADD a int", ""],
])("in Amazon Keyspaces %s is followed by%s", (cql, more) => {
  expect(inKeyspaces(cql)).toBe(`${cql}${more}`);
});
