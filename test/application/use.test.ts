import { expect, test } from "bun:test";
import type { TaskDeps } from "../../src/application/tasks.ts";
import { useCases as made } from "../../src/application/use-cases.ts";

test("a use case is made with the first use, once, from what all of them get", () => {
  class Notes {
    constructor(readonly deps: TaskDeps) {}
  }
  const deps = { trashDays: 3 } as TaskDeps;
  const { use } = made(deps);
  expect(use(Notes)).toBe(use(Notes));
  expect(use(Notes).deps).toBe(deps);
  expect(made(deps).use(Notes)).not.toBe(use(Notes));
});
