import { expect, test } from "bun:test";
import { environmentMistake, environmentNames } from "../../../src/domain/deployment/names.ts";
import { STACK_KINDS } from "../../../src/domain/deployment/stacks.ts";

test("the default environment has plain names", () => {
  const names = environmentNames(undefined);
  expect(STACK_KINDS.map((kind) => names.stack(kind))).toEqual([
    "TodosNetworkStack",
    "TodosRegistryStack",
    "TodosKeyspacesStack",
    "TodosClusterStack",
    "TodosEcsStack",
  ]);
  expect(names).toMatchObject({
    keyspace: "todos",
    repository: "todos",
    privateUrl: "http://todos.todos.internal:8181",
  });
});

test("another environment's name is a suffix everywhere; a keyspace has no dashes", () => {
  const names = environmentNames("a-b");
  expect(names.stack("ecs")).toBe("TodosEcsStack-a-b");
  expect(names).toMatchObject({
    keyspace: "todos_a_b",
    repository: "todos-a-b",
    lockStack: "TodosDeployLock-a-b",
    privateUrl: "http://todos.todos-a-b.internal:8181",
  });
});

test.each(["", "A", "1a", "a_b", "default", "a".repeat(21)])("%p is not a valid environment name", (name) => {
  expect(environmentMistake(name)).toContain("an environment's name");
  expect(() => environmentNames(name)).toThrow(RangeError);
});
