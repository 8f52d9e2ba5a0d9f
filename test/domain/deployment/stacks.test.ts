import { expect, test } from "bun:test";
import { STACK_KINDS, STACKS } from "../../../src/domain/deployment/stacks.ts";

test("every stack is applied after those whose outputs it takes", () => {
  for (const [index, kind] of STACK_KINDS.entries()) {
    for (const predecessor of STACKS[kind].predecessors)
      expect(STACK_KINDS.slice(0, index)).toContain(predecessor);
  }
});

const names = { suffix: "", keyspace: "todos" } as Parameters<typeof STACKS.ecs.parameters>[0]["names"];
const settings = { architecture: "amd64", tags: {} } as const;

test("the service's stack keeps the time of its last deploy unless this one changes what tasks run", () => {
  const at = "2026-03-01T12:00:00.000Z";
  const inputs = { names, settings, network: {}, outputs: {}, imageUri: "one", at };
  const deployed = (more: object) => STACKS.ecs.parameters({ ...inputs, ...more }).DeployedAt;
  const before = {
    ImageUri: "one",
    Architecture: "X86_64",
    TaskCpu: "256",
    MaxTasks: "4",
    DeployedAt: "before",
  };
  expect(deployed({})).toBe(at);
  expect(deployed({ before })).toBeUndefined();
  expect(deployed({ before, settings: { ...settings, maxTasks: "8" } })).toBeUndefined();
  expect(deployed({ before, imageUri: "two" })).toBe(at);
  expect(deployed({ before, settings: { ...settings, taskCpu: "512" } })).toBe(at);
  expect(deployed({ before, settings: { ...settings, auth: "accounts" } })).toBe(at);
});

test("a stack takes the outputs of its predecessors and of no other", () => {
  for (const kind of STACK_KINDS) {
    const asked = new Set<string>();
    const outputs = new Proxy({}, { get: (_, other) => void asked.add(String(other)) });
    STACKS[kind].parameters({ names, settings, network: {}, outputs, imageUri: undefined });
    const { predecessors } = STACKS[kind];
    // The service takes the registry's by way of the image's address.
    expect([...asked].filter((other) => !predecessors.some((each) => each === other))).toEqual([]);
  }
});
