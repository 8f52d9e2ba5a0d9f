import { expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { startAws } from "../support/aws/double/start.ts";
import { engineWith, JOURNEY_TIMEOUT_MS, OPTIONS, saidIn } from "./engines.ts";

setDefaultTimeout(JOURNEY_TIMEOUT_MS);

const UNABLE =
  "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";

test("in an account that has never used ECS, its roles are created and awaited first, and no stack fails", async () => {
  await using aws = await startAws();
  aws.plant.account.serviceRoles = new Map();
  const engine = engineWith(aws, "one");
  await deploy(engine, OPTIONS);
  expect(saidIn(engine)).toContain(
    "created AWSServiceRoleForECS and AWSServiceRoleForApplicationAutoScaling_ECSService, new in this account",
  );
  expect(saidIn(engine)).not.toContain("FAILED");
  const again = engineWith(aws, "two");
  await deploy(again, OPTIONS);
  expect(aws.calls.filter(({ action }) => action === "CreateServiceLinkedRole")).toHaveLength(2);
});

test("if the roles may not be created, AWS creates them at first use, and failures from that are retried once", async () => {
  await using aws = await startAws();
  aws.plant.account.serviceRoles = new Map();
  aws.plant.call.deny({ action: "CreateServiceLinkedRole", times: 2 });
  const engine = engineWith(aws, "one");
  await deploy(engine, OPTIONS);
  expect(saidIn(engine)).toContain("these credentials may not create it; AWS creates it at first use");
  expect(saidIn(engine)).toContain("creation failed: ScalableTarget");
});

test("a service that fails only because the role is new is created again, and a one-off task waits", async () => {
  await using aws = await startAws();
  aws.plant.resource.fail({ logicalId: "Service", on: "create", reason: UNABLE });
  aws.plant.call.error({ action: "RunTask", code: "InvalidParameterException", message: UNABLE, times: 2 });
  const engine = engineWith(aws, "one");
  await deploy(engine, OPTIONS);
  expect(saidIn(engine)).toContain(`migrate: the task can't be started yet (${UNABLE})`);
  expect(saidIn(engine)).toContain("creation failed: Service (AWS::ECS::Service): Unable to assume");
});
