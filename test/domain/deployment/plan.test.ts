import { describe, expect, test } from "bun:test";
import type { ResourceChange, StackPlan } from "../../../src/domain/deployment/changes.ts";
import {
  changesAnything,
  dataLosses,
  lossSentence,
  unconfirmedChanges,
} from "../../../src/domain/deployment/plan.ts";

const TABLE: ResourceChange = {
  logicalId: "TodoTable",
  type: "AWS::Cassandra::Table",
  action: "modify",
  replacement: "no",
  properties: [{ path: "Properties.DefaultTimeToLive", before: "0", after: "60", replaces: "no" }],
};

function planOf(changes: readonly ResourceChange[], basis: StackPlan["basis"] = "change set"): StackPlan {
  return { kind: "keyspaces", stack: "TodosKeyspacesStack", action: "update", basis, changes };
}

describe("a deploy loses no data", () => {
  test.each([
    ["removed", { ...TABLE, action: "remove" as const }],
    ["replaced", { ...TABLE, replacement: "yes" as const }],
    ["possibly replaced", { ...TABLE, replacement: "maybe" as const }],
  ])("a table that would be %s is refused by name, and allowed by name", (what, change) => {
    const [loss] = dataLosses([planOf([change])], []);
    expect(loss && lossSentence(loss)).toBe(
      `TodoTable (AWS::Cassandra::Table in TodosKeyspacesStack), which holds rows, would be ${what}`,
    );
    expect(dataLosses([planOf([change])], ["TodoTable"])).toEqual([]);
    expect(dataLosses([planOf([change])], ["OtherTable"])).toHaveLength(1);
  });

  test("a table changed in place, and a replaced task definition, lose nothing", () => {
    const definition = { ...TABLE, type: "AWS::ECS::TaskDefinition", replacement: "yes" as const };
    expect(dataLosses([planOf([TABLE, definition])], [])).toEqual([]);
  });
});

describe("a change set compared with the confirmed plan", () => {
  test("the same, or less, is within it", () => {
    expect(unconfirmedChanges(planOf([TABLE]), [TABLE])).toEqual([]);
    expect(unconfirmedChanges(planOf([{ ...TABLE, replacement: "yes" }]), [TABLE])).toEqual([]);
    expect(unconfirmedChanges(planOf([TABLE]), [])).toEqual([]);
  });

  test.each<[string, ResourceChange]>([
    ["another resource", { ...TABLE, logicalId: "ChecklistTable" }],
    ["a replacement", { ...TABLE, replacement: "maybe" }],
    ["a removal", { ...TABLE, action: "remove" }],
    ["another property", { ...TABLE, properties: [{ path: "Properties.BillingMode", replaces: "no" }] }],
  ])("%s is beyond it", (_, change) => {
    expect(unconfirmedChanges(planOf([TABLE]), [change])).toEqual([change]);
  });

  test("a plan made from the template shows no properties, so they are not compared", () => {
    const added: ResourceChange = { ...TABLE, action: "add", properties: [] };
    expect(unconfirmedChanges(planOf([added], "template"), [added])).toEqual([]);
  });
});

test("a plan changes something when one of its stacks does", () => {
  const none: StackPlan = { ...planOf([]), action: "none" };
  expect(changesAnything([none, none])).toBe(false);
  expect(changesAnything([none, planOf([TABLE])])).toBe(true);
});
