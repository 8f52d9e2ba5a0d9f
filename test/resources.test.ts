import { expect, expectTypeOf, test } from "bun:test";
import type { CoreWriteName, WriteName } from "../src/application/commands.ts";
import type { CoreReadName, ReadName } from "../src/application/queries.ts";
import { loadApi, loadCassandraParts, loadSqliteParts, RESOURCES } from "../src/resources.ts";

type Listed = (typeof RESOURCES)[number];
/** The part of each resource that has one in that store. */
type Parts<Store extends string> = Listed extends infer L
  ? L extends { readonly [S in Store]: () => Promise<infer P> }
    ? P
    : never
  : never;
type NamesIn<P, Member extends string> = P extends { readonly [M in Member]: (...given: never) => infer Done }
  ? keyof Done
  : never;

test("each store does every read and write that a resource declares, and no other", () => {
  expectTypeOf<CoreReadName | NamesIn<Parts<"sqlite">, "reads">>().toEqualTypeOf<ReadName>();
  expectTypeOf<CoreReadName | NamesIn<Parts<"cassandra">, "reads">>().toEqualTypeOf<ReadName>();
  expectTypeOf<CoreWriteName | NamesIn<Parts<"sqlite">, "writes">>().toEqualTypeOf<WriteName>();
  expectTypeOf<CoreWriteName | NamesIn<Parts<"cassandra">, "writes">>().toEqualTypeOf<WriteName>();
});

test("every module of the list loads, and a resource that one store keeps, the other keeps, too", async () => {
  expect(await loadApi()).toHaveLength(RESOURCES.length);
  const kept = await loadSqliteParts();
  expect(await loadCassandraParts()).toHaveLength(kept.length);
});

test("no two resources have the same path, root relation or tag", async () => {
  const resources = await loadApi();
  const documented = await Promise.all(resources.map(({ documentation }) => documentation()));
  const lists = [
    resources.flatMap(({ routes }) => routes.map(({ path }) => path)),
    documented.flatMap(({ relations, templated }) => [...relations, ...templated]),
    documented.map(({ tag }) => tag.name),
  ];
  for (const names of lists) expect(names).toEqual([...new Set(names)]);
});
