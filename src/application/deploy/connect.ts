import { lastPartOf } from "../../lib/arn.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import type { TaskState, Tunnel, Tunnels } from "./ports.ts";
import { notDeployed } from "./rollback.ts";

export interface ConnectOptions {
  /** A task's id, or the start of it; absent: any reachable task. */
  readonly task?: string;
  /** Of this machine; 0 for any that is free. */
  readonly localPort: number;
  /** @param url where it is open: `http://127.0.0.1:8181` */
  onOpen?(url: string): void;
}

type Parts = Pick<Engine, "run" | "stacks" | "tasks">;
type Reachable = TaskState & { readonly runtimeId: string };

/** The service's port in a task: `deploy/ecs.yaml`. */
const SERVICE_PORT = 8181;
/** How often to check whether the task still runs, ms. */
const LOOK_MS = 30_000;
const RUNNING = "RUNNING";

/**
 * Opens a local port to a task of the service, until the user ends it.
 * @throws DeployError if there is no task, or the session ended for another reason
 */
export async function connect(engine: Parts, tunnels: Tunnels, options: ConnectOptions): Promise<void> {
  const { run } = engine;
  await assertConnectable(engine);
  const task = chosen(await running(engine), options.task);
  const tunnel = await tunnels.open({
    cluster: run.names.cluster,
    task: idOf(task),
    runtimeId: task.runtimeId,
    port: SERVICE_PORT,
    localPort: options.localPort,
    onNote: (text) => run.reporter.report({ event: "waiting", text }),
  });
  const url = `http://127.0.0.1:${tunnel.localPort}`;
  const next = [`curl ${url}/actuator/health`, `open ${url} in a browser`];
  run.reporter.report({ event: "connected", task: idOf(task), session: tunnel.session, url, next });
  options.onOpen?.(url);
  await hold(engine, tunnel, task);
}

async function assertConnectable({ run, stacks }: Parts): Promise<void> {
  const { environment } = run.names;
  const state = await stacks.describe(run.names.stack("ecs"));
  if (state === undefined) throw notDeployed(environment);
  if (state.parameters.Connect === "true") return;
  throw new DeployError(
    "missing",
    `the environment ${environment} was deployed without --connect, so its tasks have no agent to connect to`,
    "run todos deploy --connect: it adds the endpoint and replaces the tasks with ones that have the agent",
  );
}

async function running({ run, tasks }: Parts): Promise<readonly TaskState[]> {
  const { cluster, service } = run.names;
  const states = await tasks.describe(cluster, await tasks.list(cluster, { service, status: RUNNING }));
  const found = states.filter(({ lastStatus }) => lastStatus === RUNNING);
  if (found.length > 0) return found;
  throw new DeployError(
    "task",
    states.length === 0 ? "no task of the service runs" : "the service's tasks are still starting",
    states.length === 0
      ? "todos status shows why tasks stopped, todos logs what they logged"
      : "run todos connect again in a minute; todos status shows their progress",
  );
}

/** A healthy task before others. @throws DeployError if none can be reached */
function chosen(tasks: readonly TaskState[], wanted: string | undefined): Reachable {
  const named = wanted === undefined ? tasks : tasks.filter((task) => idOf(task).startsWith(wanted));
  if (named.length === 0) {
    throw new DeployError(
      "task",
      `no running task has the id ${wanted}`,
      `running tasks: ${tasks.map(idOf).join(", ")}`,
    );
  }
  const reachable = named.filter(isReachable);
  const found = reachable.find(({ health }) => health === "HEALTHY") ?? reachable[0];
  if (found === undefined) throw unreachable(named);
  return found;
}

function isReachable(task: TaskState): task is Reachable {
  return task.runtimeId !== undefined && task.agent?.status === RUNNING;
}

function unreachable(tasks: readonly TaskState[]): DeployError {
  const withAgent = tasks.find(({ agent }) => agent !== undefined);
  if (withAgent?.agent === undefined) {
    return new DeployError(
      "task",
      "the running tasks were started before the service was deployed with --connect, so they have no agent",
      "run todos deploy --connect; it waits until they are replaced",
    );
  }
  const { status, reason } = withAgent.agent;
  const why = reason === undefined ? "" : ` (${reason})`;
  return new DeployError(
    "task",
    `the agent in task ${idOf(withAgent)} is not running: it is ${status}${why}`,
    "it can take a minute after a task starts: run todos connect again; if it keeps failing, check the network's ssmmessages endpoint and the policy be-connected-to of the service's role",
  );
}

/** Until the user ends it. @throws DeployError if something else does */
async function hold(engine: Parts, tunnel: Tunnel, task: TaskState): Promise<void> {
  const { signal } = engine.run.parts.interruption;
  const over = new AbortController();
  const interrupted = Promise.withResolvers<void>();
  const stop = (): void => interrupted.resolve();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    await Promise.race([interrupted.promise, tunnel.ended, untilGone(engine, task, over.signal)]);
  } catch (error) {
    throw (await goneAfter(engine, task, error)) ?? error;
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
    await tunnel.close();
  }
}

/** @throws DeployError as soon as the task is seen to have stopped */
async function untilGone(engine: Parts, task: TaskState, signal: AbortSignal): Promise<void> {
  const { clock } = engine.run.parts;
  let isKnown = true;
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted) return;
    const seen = await lookAt(engine, task);
    if ("unknown" in seen && isKnown) engine.run.reporter.report({ event: "waiting", text: seen.unknown });
    isKnown = !("unknown" in seen);
    if ("gone" in seen) throw seen.gone;
  }
}

/** The reason for a session that ended with its task. */
async function goneAfter(engine: Parts, task: TaskState, error: unknown): Promise<DeployError | undefined> {
  if (!(error instanceof DeployError) || error.code !== "session") return undefined;
  const seen = await lookAt(engine, task);
  return "gone" in seen ? seen.gone : undefined;
}

type Seen = { readonly runs: true } | { readonly gone: DeployError } | { readonly unknown: string };

async function lookAt({ run, tasks }: Parts, task: TaskState): Promise<Seen> {
  let state: TaskState | undefined;
  try {
    [state] = await tasks.describe(run.names.cluster, [task.arn]);
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    // The session does not need this check: a failing check need not end it.
    return { unknown: `cannot tell whether the task is still running: ${error.message}` };
  }
  if (state?.lastStatus === RUNNING) return { runs: true };
  const why = state?.stoppedReason === undefined ? "" : `: ${state.stoppedReason}`;
  const gone = new DeployError(
    "task",
    `task ${idOf(task)} has stopped${why}`,
    "run todos connect again to use another task; todos status shows the tasks",
  );
  return { gone };
}

function idOf({ arn }: TaskState): string {
  return lastPartOf(arn);
}
