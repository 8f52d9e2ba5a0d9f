import {
  type AccountFacts,
  cloudTrailActions,
  iamActions,
  isDenied,
  keyspacesActions,
  quotaActions,
  roleObstacle,
  taskOfTarget,
} from "./account.ts";
import { type Call, CallPlants, type Hook } from "./calls.ts";
import { type DoubleClock, RealClock, type ServiceClock, VirtualClock } from "./clock.ts";
import { CloudFormation } from "./cloudformation/actions.ts";
import { ResourcePlants } from "./cloudformation/plants.ts";
import type { Lifecycles } from "./cloudformation/resources.ts";
import { type Credentials, type Deployer, Deployers } from "./deployers.ts";
import { ec2Actions } from "./ec2.ts";
import { Ecr } from "./ecr/actions.ts";
import { Registry } from "./ecr/registry.ts";
import { ImageStore } from "./ecr/store.ts";
import { Ecs } from "./ecs/actions.ts";
import { TaskPlants } from "./ecs/plants.ts";
import type { Fields } from "./fields.ts";
import { forgetImages, plantImage, resolver } from "./images.ts";
import { Logs } from "./logs.ts";
import { makePhysical } from "./resource-types.ts";
import { route53Actions } from "./route53.ts";
import { SessionGateway, type SessionPlants } from "./session-manager/gateway.ts";
import { snapshotOf } from "./snapshot.ts";
import { stsActions } from "./sts.ts";
import { Front } from "./wire/front.ts";
import { type Answer, listen, type Request } from "./wire/server.ts";
import { type SignedRequest, signatureOf } from "./wire/signature.ts";
import { World } from "./world.ts";

export interface AwsOptions {
  /** Default eu-west-1. */
  readonly region?: string;
  /**
   * `auto` (default): virtual time that advances by itself while a client waits on `clock` and nothing is in progress.
   * `manual`: virtual time that only `clock.advance` advances.
   * A number: real time, this many times as fast, for a program in its own process.
   */
  readonly time?: "auto" | "manual" | number;
  /** Entries on one page of CloudFormation's answers. The default 25 is small enough that callers must follow pages. */
  readonly pageSize?: number;
}

/** What a test can plant. */
export interface Plants {
  /** Faults in calls: throttle, unavailable, deny, error, slow, unseen (just created, and not visible yet). */
  readonly call: CallPlants;
  /** Faults in what stacks do with one resource: fail, slow. */
  readonly resource: ResourcePlants;
  /** Faults in tasks: script (exits, cannotPull, unhealthy, stuck …), refuse. */
  readonly task: TaskPlants;
  /** What the account has and allows: denied actions, quotas, roles, what a trail records. */
  readonly account: AccountFacts;
  /** Faults in sessions of Session Manager: lost messages, lost connections, ends, and what agents say. */
  readonly sessions: SessionPlants;
  /** The zones that have an endpoint service, by service name. By default, all three. */
  readonly endpointZones: Map<string, readonly string[]>;
  /** Adds an image to a repository without a push. @returns its digest */
  image(repository: string, tag: string): string;
  /** Adds a resource that no stack owns: someone else's, or one left behind. @returns what `Ref` would give */
  stray(type: string, properties: Fields): string;
  /** Deletes a resource that no stack owns. */
  removeStray(type: string, id: string): void;
  /** Changes properties of a resource outside its stack. `undefined` deletes the resource. */
  drift(stack: string, logicalId: string, properties: Fields | undefined): void;
  /** Cuts the connection when the next piece of a blob has arrived up to this byte. */
  interruptUpload(afterBytes: number): void;
  /** Turns an alarm on. It stays on. */
  alarm(name: string): void;
  /** Ends a running task, as if its process had ended. */
  endTask(taskArn: string, exitCode: number): void;
}

/**
 * THE DOUBLE OF AWS: not AWS, and not an emulator to deploy to. It is a model, in this process, of the part of AWS
 * that `todos deploy` calls. It speaks AWS's wire protocols to real SDK clients and behaves as AWS's documentation
 * says (each behaviour names its page). It provides what no emulator has: every stack status, failures at a chosen
 * place, throttling, expired credentials, and the death of the deployer at any call.
 *
 *     await using aws = await startAws();
 *     const client = new CloudFormationClient({ ...aws.client });   // or the variables of aws.environment
 *     aws.plant.resource.fail({ logicalId: "Vpc", on: "create", reason: "no more VPCs" });
 *     aws.before = (call) => (call.index === 7 ? "kill" : undefined);
 *     await Promise.race([deploy({ clock: aws.deployer.clock }), aws.deployer.death]);
 *     expect(aws.resources()).toEqual([...]);
 *
 * Time is virtual. Give the program under test `clock` (or a deployer's clock), and minutes pass in no time.
 * Time advances only while someone waits for it and no request is in progress. Put work that takes real time without
 * calling AWS (hashing a file) inside `using _ = aws.clock.hold()`. Compare a deadline with `now`: if you wait for
 * it, time jumps to it.
 *
 * The model refuses what it does not know. An unknown action gets InvalidAction or UnknownOperationException, and an
 * unknown type of resource a ValidationError. A bug in the double gives a 500 with its stack trace.
 */
export interface Aws extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`: all services, and the registry under `/v2/`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly clock: DoubleClock;
  /** Every call with a valid signature, in order, including the registry's requests. */
  readonly calls: readonly Call[];
  readonly plant: Plants;
  /** The first deployer, which owns `environment` and `client`. */
  readonly deployer: Deployer;
  readonly environment: Readonly<Record<string, string>>;
  /** Options for any SDK client. */
  readonly client: ClientOptions;
  /** Called with each call before it is applied. `"kill"` ends the deployer there, `"cut"` only the connection. */
  before: Hook | undefined;
  /** The same, after the call was applied and before its answer. */
  after: Hook | undefined;
  /** Adds another person, or the same person on another machine, with separate credentials. */
  addDeployer(name: string): Deployer;
  clientOf(deployer: Deployer): ClientOptions;
  /** Returns what exists, one line each. The same state always gives the same lines. See snapshotOf. */
  resources(): string[];
  /** Names and statuses of the stacks that were not deleted. */
  stacks(): Readonly<Record<string, string>>;
}

export interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: () => Promise<Credentials>;
}

export async function startAws(options: AwsOptions = {}): Promise<Aws> {
  const { region = "eu-west-1", time = "auto", pageSize = 25 } = options;
  const clock = typeof time === "number" ? new RealClock(time) : new VirtualClock(time === "auto");
  const model = modelOf(region, clock, pageSize);
  const server = await listen((request) => respond(request, model));
  model.front.endpoint = server.endpoint;
  model.deployers.endpoint = server.endpoint;
  const { front, deployers, world, cloudFormation } = model;
  const deployer = deployers.add("deployer");
  const clientOf = ({ credentials }: Deployer) => ({ endpoint: server.endpoint, region, credentials });
  return {
    ...{ endpoint: server.endpoint, region, accountId: world.accountId, clock, deployer, clientOf },
    ...{ calls: front.calls, plant: plantsOf(model), client: clientOf(deployer) },
    get environment() {
      return deployer.environment;
    },
    get before() {
      return front.before;
    },
    set before(hook) {
      front.before = hook;
    },
    get after() {
      return front.after;
    },
    set after(hook) {
      front.after = hook;
    },
    addDeployer: (name) => deployers.add(name),
    resources: () => snapshotOf(model),
    stacks: () => Object.fromEntries(cloudFormation.stacks.live().map(({ name, status }) => [name, status])),
    [Symbol.asyncDispose]: async () => {
      clock.stop();
      await model.gateway.stop();
      await server.stop();
    },
  };
}

type Model = ReturnType<typeof modelOf>;

function modelOf(region: string, clock: ServiceClock, pageSize: number) {
  const world = new World(region, clock);
  const lifecycles: Lifecycles = new Map();
  const call = new CallPlants();
  const resource = new ResourcePlants();
  const task = new TaskPlants();
  const account: AccountFacts = {
    denied: new Set(),
    quotas: new Map(),
    roles: new Set(),
    recordsKeyspaces: false,
  };
  const endpointZones = new Map<string, readonly string[]>();
  const store = new ImageStore();
  const logs = new Logs(world);
  const ecs = new Ecs({
    world,
    logs,
    plants: task,
    lifecycles,
    imageOf: resolver(world, store),
    roleObstacle: (service) => roleObstacle(account, service, world),
  });
  const cloudFormation = new CloudFormation({ world, plants: resource, lifecycles, pageSize });
  const ecr = new Ecr(world, store);
  const deployers = new Deployers(clock, region, world.accountId);
  forgetImages(lifecycles, store);
  lifecycles.set("AWS::Logs::LogGroup", { deleted: async ({ id }) => logs.forget(id) });
  world.facts = {
    imagesIn: (name) => store.of(name).manifests.size,
    activeTasksIn: (name) => ecs.activeTasksIn(name),
  };
  const isRunning = (target: string) =>
    ecs.tasks.active().some((one) => one.id === taskOfTarget(target) && one.lastStatus === "RUNNING");
  const mayOpen = (request: SignedRequest) =>
    deployers.verdict(request, signatureOf(request.headers)) === "valid" &&
    signatureOf(request.headers)?.service === "ssmmessages" &&
    !isDenied(account, "ssmmessages:OpenDataChannel");
  const gateway = new SessionGateway({ world, isRunning, mayOpen });
  ecs.agent = () => gateway.plants.agentStatus;
  const services = {
    cloudformation: cloudFormation.actions,
    cloudtrail: cloudTrailActions(world, account),
    ec2: ec2Actions({ world, activeTasks: () => ecs.tasks.active(), endpointZones }),
    ecr: ecr.actions,
    ecs: ecs.actions,
    iam: iamActions(world, account),
    keyspaces: keyspacesActions(world),
    logs: logs.actions,
    route53: route53Actions(world),
    "service-quotas": quotaActions(account),
    ssm: gateway.actions,
    sts: stsActions(world),
  };
  const front = new Front({
    world,
    deployers,
    plants: call,
    services,
    isAllowed: (one) => !isDenied(account, one),
  });
  const registry = new Registry({ world, store, ecr, deployers, front });
  return {
    ...{ world, call, resource, task, account, endpointZones, store, ecs, cloudFormation, deployers },
    front,
    registry,
    gateway,
  };
}

function plantsOf(model: Model): Plants {
  const { world, call, resource, task, account, endpointZones, store, registry, ecs, gateway } = model;
  return {
    ...{ call, resource, task, account, endpointZones, sessions: gateway.plants },
    image: (repository, tag) => plantImage(world, store, repository, tag),
    stray: (type, properties) => makePhysical(type, properties, "stray", world).id,
    removeStray: (type, id) => world.remove(type, id),
    drift: (stack, logicalId, properties) => {
      const found = world
        .all()
        .find(({ owner }) => owner?.stackName === stack && owner.logicalId === logicalId);
      if (found === undefined) throw new Error(`there is no resource ${logicalId} of ${stack} to change`);
      if (properties === undefined) world.remove(found.type, found.id);
      else found.properties = { ...found.properties, ...properties };
    },
    alarm: (name) => void world.alarms.add(name),
    interruptUpload: (afterBytes) => registry.interruptUpload(afterBytes),
    endTask: (taskArn, exitCode) => {
      const found = ecs.tasks.all.find(({ arn }) => arn === taskArn);
      if (found === undefined) throw new Error(`there is no task ${taskArn}`);
      found.exitCode = exitCode;
      ecs.tasks.stop(found, {
        code: "EssentialContainerExited",
        reason: "Essential container in task exited",
      });
    },
  };
}

async function respond(request: Request, { front, registry, deployers }: Model): Promise<Answer | "cut"> {
  const path = request.message.url ?? "/";
  if (path.startsWith("/credentials/"))
    return credentialsAnswer(deployers.named(path.slice("/credentials/".length)));
  return path.startsWith("/v2") ? registry.respond(request) : front.respond(request);
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
function credentialsAnswer(deployer: ReturnType<Deployers["named"]>): Answer | "cut" {
  if (deployer === undefined) return { status: 404 };
  if (deployer.isDead) return "cut";
  const { accessKeyId, secretAccessKey, sessionToken } = deployer.current;
  const body = JSON.stringify({
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: new Date(Date.now() + 60_000).toISOString(),
  });
  return { status: 200, headers: { "content-type": "application/json" }, body };
}
