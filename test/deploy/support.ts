import { AwsAccount } from "../../src/adapters/aws/account.ts";
import { CloudFormationStacks } from "../../src/adapters/aws/cloudformation.ts";
import { AwsConnection } from "../../src/adapters/aws/connection.ts";
import { EcrRegistry } from "../../src/adapters/aws/ecr.ts";
import { EcsService } from "../../src/adapters/aws/ecs.ts";
import { AmazonKeyspaces } from "../../src/adapters/aws/keyspaces.ts";
import { CloudWatchLogs } from "../../src/adapters/aws/logs.ts";
import { readTemplate } from "../../src/adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../src/adapters/aws/templates.ts";
import type { Engine } from "../../src/application/deploy/engine.ts";
import type { DeployEvent } from "../../src/application/deploy/events.ts";
import type { ImageMaker, WaitableClock } from "../../src/application/deploy/ports.ts";
import { type Interruption, NEVER_INTERRUPTED, Run } from "../../src/application/deploy/run.ts";
import { environmentNames } from "../../src/domain/deployment/names.ts";
import type { DeploymentSettings } from "../../src/domain/deployment/settings.ts";
import { STACK_KINDS, type StackKind } from "../../src/domain/deployment/stacks.ts";
import type { Template } from "../../src/domain/deployment/template.ts";
import type { Deployer } from "../support/aws/double/deployers.ts";
import type { Aws } from "../support/aws/double/start.ts";

export const SETTINGS: DeploymentSettings = { architecture: "amd64", tags: {} };

const TEMPLATES_READ = Object.fromEntries(
  STACK_KINDS.map((kind) => [kind, readTemplate(TEMPLATES[kind])]),
) as Record<StackKind, Template>;

export interface EngineOptions {
  readonly deployer?: Deployer;
  readonly environment?: string;
  readonly interruption?: Interruption;
  readonly templates?: Partial<Record<StackKind, Template>>;
  readonly images?: ImageMaker;
  /** The answer to every question. If absent, there is no user. */
  readonly answer?: boolean;
  readonly yes?: boolean;
  /** The text typed at a prompt. */
  readonly typed?: string;
  readonly host?: string;
  /** Processes that no longer exist. */
  readonly gone?: readonly number[];
  readonly process?: number;
}

export interface TestEngine extends Engine {
  readonly events: DeployEvent[];
  /** Returns the events of one kind. */
  of<Kind extends DeployEvent["event"]>(kind: Kind): Extract<DeployEvent, { readonly event: Kind }>[];
}

let runs = 0;

/** Returns the real engine over the real SDK clients, connected to the double of AWS and on its clock. */
export function engineOn(aws: Aws, options: EngineOptions = {}): TestEngine {
  const { deployer = aws.deployer } = options;
  // The SDK reads this variable. There is no other way to tell the program.
  process.env.AWS_ENDPOINT_URL = aws.endpoint;
  const clock = clockOf(deployer);
  const death = new AbortController();
  deployer.death.catch((error) => death.abort(error));
  const events: DeployEvent[] = [];
  const connection = new AwsConnection({
    region: aws.region,
    endpoint: aws.endpoint,
    clock,
    credentials: deployer.credentials,
    fixedKeys: false,
    onExpired: (text) => events.push({ event: "waiting", text }),
    signal: death.signal,
  });
  const ecs = new EcsService(connection);
  const id = `run${String(++runs).padStart(9, "0")}`;
  return {
    events,
    of: (kind) => events.filter((each): each is never => each.event === kind),
    run: new Run({
      names: environmentNames(options.environment),
      clock,
      reporter: { report: (event) => void events.push(event) },
      deployer: {
        id,
        host: options.host ?? "a-laptop",
        process: options.process ?? runs,
        isGone: (_, number) => options.gone?.includes(number) ?? false,
        hash: (text) => new Bun.CryptoHasher("sha256").update(text).digest("hex"),
      },
      interruption: options.interruption ?? NEVER_INTERRUPTED,
      questions: { confirm: async () => options.answer, typed: async () => options.typed },
      yes: options.yes ?? true,
    }),
    templates: { ...TEMPLATES_READ, ...options.templates },
    stacks: new CloudFormationStacks(connection),
    registry: new EcrRegistry(connection),
    services: ecs,
    tasks: ecs,
    logs: new CloudWatchLogs(connection),
    account: AwsAccount.in(aws.region, connection),
    keyspaces: new AmazonKeyspaces(connection),
    images: options.images ?? NO_IMAGES,
  };
}

const NO_IMAGES: ImageMaker = {
  build: () => Promise.reject(new Error("this test builds no image")),
  push: () => Promise.reject(new Error("this test pushes no image")),
};

function clockOf({ clock }: Deployer): WaitableClock {
  return {
    now: () => clock.now().getTime(),
    sleep: async (ms, signal) => {
      try {
        await clock.wait(ms, signal);
      } catch (error) {
        // The port's sleep ends early, and the double's wait throws. A killed deployer's wait throws in both.
        if (!signal?.aborted) throw error;
      }
    },
  };
}
