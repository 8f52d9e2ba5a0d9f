import { expect, test } from "bun:test";
import { ExecuteChangeSetCommand } from "@aws-sdk/client-cloudformation";
import { RunTaskCommand } from "@aws-sdk/client-ecs";
import { operationOf } from "../../../src/adapters/aws/connection.ts";

test("the operation that AWS refused is named in the binary, where classes have other names", () => {
  class AR extends ExecuteChangeSetCommand {}
  expect(operationOf(new AR({ ChangeSetName: "one" }))).toBe("ExecuteChangeSet");
  expect(operationOf(new RunTaskCommand({ taskDefinition: "todos" }))).toBe("RunTask");
});
