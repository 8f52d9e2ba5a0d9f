import { AwsAccount } from "../../adapters/aws/account.ts";
import { CloudFormationStacks } from "../../adapters/aws/cloudformation.ts";
import { AwsConnection, type AwsKeys } from "../../adapters/aws/connection.ts";
import { EcrRegistry } from "../../adapters/aws/ecr.ts";
import { EcsService } from "../../adapters/aws/ecs.ts";
import { AmazonKeyspaces } from "../../adapters/aws/keyspaces.ts";
import { CloudWatchLogs } from "../../adapters/aws/logs.ts";
import { regionOf } from "../../adapters/aws/region.ts";
import { readTemplate } from "../../adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../adapters/aws/templates.ts";
import type { Engine } from "../../application/deploy/engine.ts";
import { DeployError } from "../../application/deploy/errors.ts";
import type { Run } from "../../application/deploy/run.ts";
import { unsupportedPartition } from "../../domain/deployment/partitions.ts";
import type { Context } from "../support/command.ts";
import { wallClock } from "./machine.ts";

/** The ports over AWS, and the keys that they sign with. */
export interface OpenAws {
  readonly ports: Omit<Engine, "run" | "images">;
  readonly keys: () => Promise<AwsKeys>;
}

/** The connection to AWS that the command line names. @throws DeployError `region`, `refused` */
export async function connectionTo(
  context: Context,
  run: Run,
): Promise<{ readonly aws: AwsConnection; readonly region: string }> {
  const { config, configuration } = context;
  const { awsEndpointUrl, awsProfile, hasAwsKeys, hasAwsKeyServer } = configuration.ambient;
  const profile = context.value("profile") ?? awsProfile;
  const region = await regionOf(config.awsRegion, profile);
  refuseOtherPartition(region);
  const aws = new AwsConnection({
    region,
    ...(awsEndpointUrl !== undefined && { endpoint: awsEndpointUrl }),
    ...(profile !== undefined && { profile }),
    clock: wallClock,
    hasKeyServer: hasAwsKeyServer,
    // A process's variables don't change.
    fixedKeys: hasAwsKeys && context.value("profile") === undefined,
    onExpired: (text) => run.reporter.report({ event: "waiting", text }),
  });
  return { aws, region };
}

/** @throws DeployError `refused` before any call */
function refuseOtherPartition(region: string): void {
  const partition = unsupportedPartition(region);
  if (partition === undefined) return;
  throw new DeployError(
    "refused",
    `${region} is a region of ${partition}, which is not supported`,
    "use a region of the commercial partition of AWS: --region eu-west-1",
  );
}

/** The ports over AWS. Loaded only by a command that is about to call it. @throws DeployError `region` */
export async function openAws(context: Context, run: Run): Promise<OpenAws> {
  const { aws, region } = await connectionTo(context, run);
  // Before parsing the templates, which takes a while.
  await aws.signIn();
  const ecs = new EcsService(aws);
  const ports = {
    templates: {
      network: readTemplate(TEMPLATES.network),
      registry: readTemplate(TEMPLATES.registry),
      keyspaces: readTemplate(TEMPLATES.keyspaces),
      cluster: readTemplate(TEMPLATES.cluster),
      ecs: readTemplate(TEMPLATES.ecs),
    },
    stacks: new CloudFormationStacks(aws),
    registry: new EcrRegistry(aws),
    services: ecs,
    tasks: ecs,
    logs: new CloudWatchLogs(aws),
    account: AwsAccount.in(region, aws),
    keyspaces: new AmazonKeyspaces(aws),
  };
  return { ports, keys: aws.config.credentials };
}
