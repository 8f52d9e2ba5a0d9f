import { expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { destroy } from "../../src/application/deploy/destroy.ts";
import { startAws } from "../support/aws/double/start.ts";
import { engineWith, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";

setDefaultTimeout(JOURNEY_TIMEOUT_MS);

test.each([
  ["default", "todos"],
  ["staging", "todos-staging"],
])("a deploy adopts the log group that Container Insights left behind: %s", async (environment, cluster) => {
  await using aws = await startAws();
  const group = `/aws/ecs/containerinsights/${cluster}/performance`;
  aws.plant.stray("AWS::Logs::LogGroup", { LogGroupName: group, RetentionInDays: 1 });
  const options = environment === "default" ? {} : { environment };
  const engine = engineWith(aws, "one", options);
  await deploy(engine, OPTIONS);
  const notes = engine.of("finding").filter(({ level }) => level === "note");
  expect(notes.map(({ what }) => what).join()).toContain(`the log group ${group} is left over`);
  const planned = engine.of("plan")[0]?.stacks.find(({ kind }) => kind === "cluster");
  expect(planned?.action).toBe("adopt");
  expect(
    planned?.changes.filter(({ action }) => action === "import").map(({ logicalId }) => logicalId),
  ).toEqual(["InsightsLogGroup"]);
  const again = engineWith(aws, "one", options);
  await deploy(again, OPTIONS);
  expect(again.of("plan")[0]?.stacks.map(({ action }) => action)).toEqual(Array(5).fill("none"));
  await destroy(engineWith(aws, "none", options), { deleteData: true, wait: false });
  expect(aws.resources()).toEqual([]);
});

test("after destroy, the log group that Container Insights recreated is listed", async () => {
  await using aws = await startAws();
  await deploy(engineWith(aws, "one"), OPTIONS);
  aws.after = ({ action, input }) => {
    if (action === "DeleteStack" && String(input.StackName).includes("TodosKeyspacesStack"))
      aws.plant.stray("AWS::Logs::LogGroup", {
        LogGroupName: "/aws/ecs/containerinsights/todos/performance",
      });
    return undefined;
  };
  const left = await destroy(engineWith(aws, "none"), { deleteData: true, wait: false });
  expect(left.map(({ what }) => what)).toEqual(["log group /aws/ecs/containerinsights/todos/performance"]);
});
