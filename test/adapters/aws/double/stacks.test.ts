import { describe, expect, test } from "bun:test";
import { startAws } from "../../../support/aws/double/start.ts";
import { cloudFormation, NETWORK } from "./cloudformation-support.ts";

describe("the double: a stack from a change set", () => {
  test("comes to CREATE_COMPLETE with its outputs, each resource after those it needs", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    const stack = await cfn.deploy("Net", NETWORK);
    expect(stack.StackStatus).toBe("CREATE_COMPLETE");
    expect(stack.Outputs?.[0]).toMatchObject({ OutputKey: "VpcId", ExportName: "Net:VpcId" });
    expect(stack.Outputs?.[0]?.OutputValue).toMatch(/^vpc-[0-9a-f]{17}$/);
    expect(await cfn.events("Net")).toEqual([
      "Net REVIEW_IN_PROGRESS",
      "Net CREATE_IN_PROGRESS",
      "Vpc CREATE_IN_PROGRESS",
      "Vpc CREATE_IN_PROGRESS",
      "Vpc CREATE_COMPLETE",
      "Group CREATE_IN_PROGRESS",
      "Group CREATE_IN_PROGRESS",
      "Group CREATE_COMPLETE",
      "Net CREATE_COMPLETE",
    ]);
    expect(aws.resources()).toEqual([
      'Net/Group AWS::EC2::SecurityGroup {"GroupDescription":"service","VpcId":"<Net/Vpc>"}',
      'Net/Vpc AWS::EC2::VPC {"CidrBlock":"10.0.0.0/16"}',
      "stack Net",
    ]);
  });
});
