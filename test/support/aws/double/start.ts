import { type Call, CallPlants, type Hook } from "./calls.ts";
import { type DoubleClock, RealClock, VirtualClock } from "./clock.ts";
import { CloudFormation } from "./cloudformation/actions.ts";
import { ResourcePlants } from "./cloudformation/plants.ts";
import type { Lifecycle } from "./cloudformation/resources.ts";
import { type Credentials, type Deployer, Deployers } from "./deployers.ts";
import type { Fields } from "./fields.ts";
import { snapshotOf } from "./snapshot.ts";
import { stsActions } from "./sts.ts";
import { Front } from "./wire/front.ts";
import { type Answer, listen, type Request } from "./wire/server.ts";
import { World } from "./world.ts";

export interface AwsOptions {
  /** Default eu-west-1. */
  readonly region?: string;
  /**
   * `auto` (default): virtual, goes on by itself while a client waits on `clock` and nothing is under way.
   * `manual`: virtual, by `clock.advance` alone. A number: real time, so many times as fast, for a program in a
   * process of its own.
   */
  readonly time?: "auto" | "manual" | number;
  /** Entries of one page of CloudFormation's answers; default 25, small enough that pages must be followed. */
  readonly pageSize?: number;
}

/** What a test can plant: on calls (throttle, deny, slow, unseen …) and on what stacks do. */
export interface Plants {
  readonly call: CallPlants;
  readonly resource: ResourcePlants;
  /** Changes a property of a resource behind its stack's back; `undefined` properties: deletes it. */
  drift(stack: string, logicalId: string, properties: Fields | undefined): void;
}

/**
 * THE DOUBLE OF AWS: not AWS, and not an emulator to deploy to. A model, in this process, of the part of AWS
 * that `todos deploy` calls, which speaks AWS's wire protocols to real SDK clients and behaves as AWS's
 * documentation says (each behaviour names its page). It stands in for what no emulator has: every stack status,
 * failures at a chosen place, throttling, expired credentials, and the death of the deployer at any call.
 *
 *     await using aws = await startAws();
 *     const client = new CloudFormationClient({ ...aws.client });   // or the variables of aws.environment
 *     aws.plant.resource.fail({ logicalId: "Vpc", on: "create", reason: "no more VPCs" });
 *     aws.before = (call) => (call.index === 7 ? "kill" : undefined);
 *     await Promise.race([deploy({ clock: aws.deployer.clock }), aws.deployer.death]);
 *     expect(aws.resources()).toEqual([...]);
 *
 * Time is virtual: give the program under test `clock` (or a deployer's), and what takes minutes takes none.
 * It goes on only while somebody waits on it and no request is under way. Work that takes real time without
 * calling AWS (hashing a file) is put inside `using _ = aws.clock.hold()`.
 */
export interface Aws extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly clock: DoubleClock;
  /** Everything that was asked with a valid signature, in order. */
  readonly calls: readonly Call[];
  readonly plant: Plants;
  /** The first deployer, to whom `environment` and `client` belong. */
  readonly deployer: Deployer;
  readonly environment: Readonly<Record<string, string>>;
  /** Options for any SDK client. */
  readonly client: ClientOptions;
  /** Called with each call before it is applied; `"kill"` ends the deployer there, `"cut"` the connection only. */
  before: Hook | undefined;
  /** The same, after it was applied and before it is answered. */
  after: Hook | undefined;
  /** Somebody else, or the same person at another machine: credentials of their own. */
  addDeployer(name: string): Deployer;
  clientOf(deployer: Deployer): ClientOptions;
  /** What exists, one line each, the same for the same state however it was reached. See snapshotOf. */
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
  const world = new World(region, clock);
  const call = new CallPlants();
  const resource = new ResourcePlants();
  const lifecycles = new Map<string, Lifecycle>();
  const cloudFormation = new CloudFormation({ world, plants: resource, lifecycles, pageSize });
  const deployers = new Deployers(clock, region, world.accountId);
  const services = { cloudformation: cloudFormation.actions, sts: stsActions(world) };
  const front = new Front({ world, deployers, plants: call, services, isAllowed: () => true });
  const server = await listen((request) => respond(request, front, deployers));
  front.endpoint = server.endpoint;
  deployers.endpoint = server.endpoint;
  const deployer = deployers.add("deployer");
  const clientOf = ({ credentials }: Deployer) => ({ endpoint: server.endpoint, region, credentials });
  return {
    ...{ endpoint: server.endpoint, region, accountId: world.accountId, clock, deployer, clientOf },
    get calls() {
      return front.calls;
    },
    plant: {
      call,
      resource,
      drift: (stack, logicalId, properties) => drift(world, stack, logicalId, properties),
    },
    get environment() {
      return deployer.environment;
    },
    client: clientOf(deployer),
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
    resources: () => snapshotOf(world),
    stacks: () => Object.fromEntries(cloudFormation.stacks.live().map(({ name, status }) => [name, status])),
    [Symbol.asyncDispose]: async () => {
      clock.stop();
      await server.stop();
    },
  };
}

async function respond(request: Request, front: Front, deployers: Deployers): Promise<Answer | "cut"> {
  const path = request.message.url ?? "/";
  if (path.startsWith("/credentials/"))
    return credentialsAnswer(deployers.named(path.slice("/credentials/".length)));
  return front.respond(request);
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

function drift(world: World, stack: string, logicalId: string, properties: Fields | undefined): void {
  const found = world.all().find(({ owner }) => owner?.stackName === stack && owner.logicalId === logicalId);
  if (found === undefined) throw new Error(`there is no resource ${logicalId} of ${stack} to change`);
  if (properties === undefined) world.remove(found.type, found.id);
  else found.properties = { ...found.properties, ...properties };
}
