import { chmod } from "node:fs/promises";
import { dirname } from "node:path";
import { type Keyspaces, startKeyspaces } from "../../keyspaces/keyspaces.ts";
import { changeSetDescriptions, changeSetsOfAll } from "./deviations/change-sets.ts";
import { deletedStacks } from "./deviations/deleted-stacks.ts";
import { endpointServices } from "./deviations/ec2.ts";
import { rollout, startedBy } from "./deviations/ecs.ts";
import { keyspaces, keyspacesTables } from "./deviations/keyspaces.ts";
import { leastTasks, numbersByReference, serviceTasks, stacksByImport } from "./deviations/stacks.ts";
import { type Ask, asking } from "./emulator.ts";
import { type Fakecloud, startFakecloud } from "./fakecloud.ts";
import { dropKeyspace, makeTables, tablesOf } from "./keyspaces-tables.ts";
import { type AwsProxy, startProxy } from "./proxy.ts";

const REGION = "eu-west-1";
/** The emulator's account. */
const ACCOUNT = "123456789012";
/** The port where the service looks for Keyspaces. Nothing else is in the test's network namespace. */
const KEYSPACES_PORT = 9142;
/** Shorter than the stand-in's default of a second, because a journey creates many tables. */
const SCHEMA_DELAY_MS = 50;

/** A place to deploy to: an emulator of AWS, a stand-in for Keyspaces, and the parts that connect them. */
export interface Place extends AsyncDisposable {
  readonly fakecloud: Fakecloud;
  readonly proxy: AwsProxy;
  /** Names of all deviations that the proxy corrects. */
  readonly deviations: readonly string[];
  /** Names of a keyspace's tables; undefined if there is no such keyspace. */
  tables(keyspace: string): Promise<readonly string[] | undefined>;
}

/** Starts a place. Needs its own network namespace, for fixed ports and addresses like those of a VPC. */
export async function startPlace(): Promise<Place> {
  const stack = new AsyncDisposableStack();
  try {
    const standIn = stack.use(
      await startKeyspaces({ nativePort: KEYSPACES_PORT, region: REGION, schemaDelayMs: SCHEMA_DELAY_MS }),
    );
    // Containers read it as their own user.
    await chmod(dirname(standIn.caFile), 0o755);
    await chmod(standIn.caFile, 0o644);
    const {
      CASSANDRA_SSL_CA = "",
      AWS_ACCESS_KEY_ID = "",
      AWS_SECRET_ACCESS_KEY = "",
      AWS_SESSION_TOKEN = "",
    } = standIn.environment;
    const fakecloud = stack.use(
      await startFakecloud(REGION, {
        hosts: { [standIn.serverName]: standIn.address },
        mounts: [standIn.caFile],
        environment: { CASSANDRA_SSL_CA, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN },
      }),
    );
    const known = deviations(standIn, asking(fakecloud.endpoint));
    const proxy = stack.use(startProxy(fakecloud, known));
    const held = stack.move();
    return {
      fakecloud,
      proxy,
      deviations: known.map(({ name }) => name),
      tables: (keyspace) => tablesOf(standIn, keyspace),
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function deviations(standIn: Keyspaces, ask: Ask) {
  return [
    endpointServices,
    changeSetsOfAll({ accountId: ACCOUNT, region: REGION }),
    changeSetDescriptions(),
    deletedStacks(),
    numbersByReference,
    stacksByImport(),
    keyspaces({
      tables: (keyspace) => tablesOf(standIn, keyspace),
      drop: (keyspace) => dropKeyspace(standIn, keyspace),
    }),
    keyspacesTables(() => makeTables(standIn, "todos")),
    leastTasks(ask),
    serviceTasks(ask),
    rollout(ask, isUp),
    startedBy(ask),
  ];
}

async function isUp(address: string): Promise<boolean> {
  return await fetch(`http://${address}:8181/actuator/health/startup`).then(
    ({ ok }) => ok,
    () => false,
  );
}
