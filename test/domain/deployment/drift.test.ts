import { describe, expect, test } from "bun:test";
import {
  type PropertyDrift,
  type ResourceDrift,
  unintendedDrift,
} from "../../../src/domain/deployment/drift.ts";

function drift(type: string, ...differences: Partial<PropertyDrift>[]): ResourceDrift {
  const full = differences.map((each) => ({
    ...({ path: "", how: "changed", expected: "a", actual: "b" } as const),
    ...each,
  }));
  return { logicalId: "One", type, state: "modified", differences: full };
}

describe("expected differences from the stack", () => {
  test.each([
    drift("AWS::Cassandra::Table", { path: "/RegularColumns/4", how: "added" }),
    drift("AWS::ECS::TaskDefinition", { path: "/ContainerDefinitions/0/StopTimeout", how: "removed" }),
    drift("AWS::ECS::TaskDefinition", { path: "/RuntimePlatform", how: "removed" }),
  ])("%j → nothing to report", (found) => {
    expect(unintendedDrift(found)).toBeUndefined();
  });

  test.each([
    drift("AWS::Cassandra::Table", { path: "/RegularColumns/1", how: "removed" }),
    drift("AWS::Cassandra::Table", { path: "/PointInTimeRecoveryEnabled" }),
    drift("AWS::ECS::TaskDefinition", { path: "/Tags/0", how: "added" }),
    drift("AWS::EC2::SecurityGroup", { path: "/SecurityGroupIngress/0", how: "added" }),
    drift("AWS::ECS::Service"),
    { ...drift("AWS::Cassandra::Table"), state: "deleted" } as const,
  ])("%j → reported as it is", (found) => {
    expect(unintendedDrift(found)).toEqual(found);
  });

  test("an added column and a changed setting → the setting", () => {
    const added = { path: "/RegularColumns/4", how: "added" } as const;
    const changed = { path: "/PointInTimeRecoveryEnabled", expected: "true", actual: "false" };
    expect(unintendedDrift(drift("AWS::Cassandra::Table", added, changed))).toEqual(
      drift("AWS::Cassandra::Table", changed),
    );
  });
});
