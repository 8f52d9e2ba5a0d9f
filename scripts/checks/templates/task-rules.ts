import { isMembers, listOf, type Members, membersOf, type Template, type Value } from "./parse.ts";
import { about, type Rule } from "./rule.ts";

const DIGEST_PATTERN = "@sha256:[0-9a-f]{64}$";
const TASK = /^AWS::ECS::TaskDefinition$/;

const confines: Rule = about("containers are confined", TASK, (task) =>
  containersOf(task).flatMap((container) => [
    container.ReadonlyRootFilesystem !== true && "can write to its root file system",
    !/^[1-9][0-9]*:[1-9][0-9]*$/.test(String(container.User)) &&
      "does not run as a numbered user other than root",
    container.Privileged === true && "is privileged",
    !JSON.stringify(container.LinuxParameters ?? "").includes('"Drop":["ALL"]') && "keeps capabilities",
    container.LogConfiguration === undefined && "has no log",
    listOf(container.Environment).some(
      (each) => isMembers(each) && /PASSWORD|SECRET|TOKEN/.test(String(each.Name)),
    ) && "has a secret in its environment",
  ]),
);

const pinsImages: Rule = {
  name: "images are named by digest",
  check: ({ resources, parameters }) =>
    resources
      .filter(({ type }) => TASK.test(type))
      .flatMap(({ id, properties }) =>
        containersOf(properties)
          .filter(({ Image: image }) => !isPinned(image, parameters))
          .map(() => `${id}: may run another image tomorrow`),
      ),
};

function isPinned(image: Value, parameters: Template["parameters"]): boolean {
  const named = isMembers(image) ? parameters[String(image.Ref)]?.AllowedPattern : image;
  return String(named).endsWith(DIGEST_PATTERN);
}

/** Everything that a process does between the signal and its end. */
const DRAIN_VARIABLES = ["TODOS_DRAIN_DELAY_MS", "TODOS_DRAIN_TIMEOUT_MS"];
/** To clean up after the last request, s. */
const CLOSING_S = 5;

const mayDrain: Rule = about("tasks may finish what they are at", TASK, (task) =>
  containersOf(task).map((container) => {
    const drain = DRAIN_VARIABLES.map((name) => Number(variableOf(container, name) ?? 0));
    const seconds = drain.reduce((sum, ms) => sum + ms, 0) / 1_000;
    if (seconds === 0) return false;
    return (
      !(Number(container.StopTimeout) >= seconds + CLOSING_S) && `is killed before ${seconds} s are over`
    );
  }),
);

const rollsBack: Rule = about("failing deployments are rolled back", /^AWS::ECS::Service$/, (service) => {
  const deployment = membersOf(service.DeploymentConfiguration ?? {});
  const breaker = membersOf(deployment.DeploymentCircuitBreaker ?? {});
  return [
    (breaker.Enable !== true || breaker.Rollback !== true) && "keeps trying",
    !(Number(deployment.MinimumHealthyPercent) >= 100) && "stops tasks before others have taken over",
    service.DesiredCount !== undefined && "resets the number of tasks with every deployment",
  ];
});

/** Emulators accept only this form, and AWS accepts it too. */
const namesItsTarget: Rule = about("scaling policies name what they scale", /ScalingPolicy$/, (policy) => [
  ...["ServiceNamespace", "ResourceId", "ScalableDimension"].map(
    (name) => policy[name] === undefined && `has no ${name}`,
  ),
  policy.ScalingTargetId !== undefined && "has a ScalingTargetId",
]);

const tellsSomebody: Rule = about(
  "alarms say what to do, and to whom it is given",
  /^AWS::CloudWatch::Alarm$/,
  (alarm) => [
    !/\btodos \w+|\braise \w+/.test(String(alarm.AlarmDescription)) && "does not say what to do",
    alarm.AlarmActions === undefined && "tells nobody",
    alarm.OKActions === undefined && "does not tell when it is over",
    alarm.TreatMissingData === undefined && "does not say what silence means",
  ],
);

function containersOf(task: Members): Members[] {
  return listOf(task.ContainerDefinitions).map(membersOf);
}

function variableOf(container: Members, name: string): Value {
  return listOf(container.Environment)
    .map(membersOf)
    .find((variable) => variable.Name === name)?.Value;
}

export const TASK_RULES: readonly Rule[] = [
  confines,
  pinsImages,
  mayDrain,
  rollsBack,
  namesItsTarget,
  tellsSomebody,
];
