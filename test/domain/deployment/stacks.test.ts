import { expect, test } from "bun:test";
import { STACK_KINDS, STACKS } from "../../../src/domain/deployment/stacks.ts";

test("every stack is applied after those whose outputs it takes", () => {
  for (const [index, kind] of STACK_KINDS.entries()) {
    for (const predecessor of STACKS[kind].predecessors)
      expect(STACK_KINDS.slice(0, index)).toContain(predecessor);
  }
});

test("a stack takes the outputs of its predecessors and of no other", () => {
  const names = { suffix: "", keyspace: "todos" } as Parameters<typeof STACKS.ecs.parameters>[0]["names"];
  const settings = { architecture: "amd64", tags: {} } as const;
  for (const kind of STACK_KINDS) {
    const asked = new Set<string>();
    const outputs = new Proxy({}, { get: (_, other) => void asked.add(String(other)) });
    STACKS[kind].parameters({ names, settings, network: {}, outputs, imageUri: undefined });
    const { predecessors } = STACKS[kind];
    // The service takes the registry's by way of the image's address.
    expect([...asked].filter((other) => !predecessors.some((each) => each === other))).toEqual([]);
  }
});
