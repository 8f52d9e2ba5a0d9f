import { sizeMistake, type TaskSize } from "../../domain/deployment/fargate.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { accountProblems } from "./accounts-in-force.ts";
import type { Engine } from "./engine.ts";
import type { Finding } from "./events.ts";
import { inForce } from "./in-force.ts";
import type { StackState } from "./ports.ts";
import { SMOKES_AT_ONCE_MAX } from "./smoke.ts";

/** Virtual CPUs of Fargate on demand. Source: Service Quotas, AWS Fargate. */
const FARGATE_QUOTA = { service: "fargate", code: "L-3032A538" };
const CPU_UNITS = 1_024;

/** The settings combined with those that the stacks keep. */
interface Sizing {
  readonly service: TaskSize;
  readonly oneOff: TaskSize;
  readonly minTasks: number;
  readonly maxTasks: number;
}

/** Whether the settings work together, and fit into the account. */
export async function settingsProblems(
  engine: Engine,
  settings: DeploymentSettings,
  states: ReadonlyMap<string, StackState | undefined>,
): Promise<Finding[]> {
  const sizing = sizingOf(engine, settings, states);
  const wrong = [...sizeProblems(sizing), ...countProblems(sizing)];
  const ofAccounts = accountProblems(engine, settings, states);
  // Impossible settings can't be added up.
  return [...ofAccounts, ...(wrong.length > 0 ? wrong : await quotaProblems(engine, sizing, states))];
}

function sizingOf(
  engine: Engine,
  { taskCpu, taskMemory, minTasks, maxTasks }: DeploymentSettings,
  states: ReadonlyMap<string, StackState | undefined>,
): Sizing {
  const value = (kind: "cluster" | "ecs", name: string, asked: string | undefined) =>
    Number(inForce(engine, states, kind, name, asked));
  const size = (kind: "cluster" | "ecs"): TaskSize => ({
    cpu: value(kind, "TaskCpu", taskCpu),
    memory: value(kind, "TaskMemory", taskMemory),
  });
  return {
    service: size("ecs"),
    oneOff: size("cluster"),
    minTasks: value("ecs", "MinTasks", minTasks),
    maxTasks: value("ecs", "MaxTasks", maxTasks),
  };
}

function sizeProblems({ service, oneOff }: Sizing): Finding[] {
  const mistakes = new Set([service, oneOff].flatMap((size) => sizeMistake(size) ?? []));
  return [...mistakes].map((what) => ({
    level: "problem",
    what,
    next: "choose both with --cpu and --memory",
  }));
}

function countProblems({ minTasks, maxTasks }: Sizing): Finding[] {
  if (minTasks <= maxTasks) return [];
  return [
    {
      level: "problem",
      what: `at least ${minTasks} tasks must run, but at most ${maxTasks}`,
      next: "choose both with --min-tasks and --max-tasks",
    },
  ];
}

async function quotaProblems(
  { account, run, services }: Engine,
  sizing: Sizing,
  states: ReadonlyMap<string, StackState | undefined>,
): Promise<Finding[]> {
  const limit = await account.quota(FARGATE_QUOTA.service, FARGATE_QUOTA.code);
  if (limit === undefined) return [];
  const ecs = states.get(run.names.stack("ecs"));
  const { cluster, service: name } = run.names;
  // Scaling may have started more than the minimum.
  const running = ecs === undefined ? 0 : ((await services.service(cluster, name))?.desired ?? 0);
  const runningCpu = running * Number(ecs?.parameters.TaskCpu ?? sizing.service.cpu);
  return [
    ...deploymentProblems({ ...sizing, running, runningCpu }, limit * CPU_UNITS),
    ...scalingProblems(sizing, limit),
  ];
}

interface Replacement extends Sizing {
  readonly running: number;
  readonly runningCpu: number;
}

/** With too little room for twice as many tasks, ECS replaces a few at a time: its maximum of 200 % is a ceiling. */
function deploymentProblems(
  { service, oneOff, minTasks, running, runningCpu }: Replacement,
  limitCpu: number,
): Finding[] {
  const fresh = Math.max(running, minTasks);
  const smokes = Math.min(fresh, SMOKES_AT_ONCE_MAX);
  const replacing = runningCpu + service.cpu + oneOff.cpu;
  const testing = fresh * service.cpu + smokes * oneOff.cpu;
  const limit = limitCpu / CPU_UNITS;
  if (Math.max(replacing, testing) > limitCpu) {
    const tasks =
      replacing > testing
        ? `${running} tasks that run, a new one and a one-off task`
        : `${fresh} new tasks and ${smokes} one-off tasks`;
    return [
      {
        level: "problem",
        what: `a deployment needs ${Math.max(replacing, testing) / CPU_UNITS} Fargate vCPUs for a while (for ${tasks}), but the quota is ${limit}`,
        next: "request an increase in Service Quotas, or use smaller or fewer tasks with --cpu and --min-tasks",
      },
    ];
  }
  const atOnce = runningCpu + fresh * service.cpu;
  if (atOnce <= limitCpu) return [];
  return [
    {
      level: "note",
      what: `replacing all tasks at once needs ${atOnce / CPU_UNITS} Fargate vCPUs, but the quota is ${limit}: ECS replaces a few at a time, so the deployment takes longer`,
      next: "request an increase in Service Quotas, or use smaller tasks with --cpu",
    },
  ];
}

function scalingProblems({ service, maxTasks }: Sizing, limit: number): Finding[] {
  const scaled = (maxTasks * service.cpu) / CPU_UNITS;
  if (scaled <= limit) return [];
  return [
    {
      level: "note",
      what: `${maxTasks} tasks need ${scaled} Fargate vCPUs, but the quota is ${limit}: scaling ends there`,
      next: "request an increase in Service Quotas, or choose --max-tasks and --cpu to fit",
    },
  ];
}
