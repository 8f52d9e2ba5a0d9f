import { sizeMistake, type TaskSize } from "../../domain/deployment/fargate.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
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
  // Impossible settings can't be added up.
  return wrong.length > 0 ? wrong : quotaProblems(engine, sizing, states);
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
      what: `at least ${minTasks} tasks are to run, but at most ${maxTasks}`,
      next: "choose both with --min-tasks and --max-tasks",
    },
  ];
}

async function quotaProblems(
  { account, run, services }: Engine,
  { service, oneOff, minTasks, maxTasks }: Sizing,
  states: ReadonlyMap<string, StackState | undefined>,
): Promise<Finding[]> {
  const limit = await account.quota(FARGATE_QUOTA.service, FARGATE_QUOTA.code);
  if (limit === undefined) return [];
  const ecs = states.get(run.names.stack("ecs"));
  const { cluster, service: name } = run.names;
  // Scaling may have started more than the minimum.
  const running = ecs === undefined ? 0 : ((await services.service(cluster, name))?.desired ?? 0);
  const fresh = Math.max(running, minTasks);
  const smokes = Math.min(fresh, SMOKES_AT_ONCE_MAX);
  // The old tasks may still be ending while the new ones are tested.
  const runningCpu = running * Number(ecs?.parameters.TaskCpu ?? service.cpu);
  const needed = (runningCpu + fresh * service.cpu + smokes * oneOff.cpu) / CPU_UNITS;
  const scaled = (maxTasks * service.cpu) / CPU_UNITS;
  if (needed > limit) {
    return [
      {
        level: "problem",
        what: `a deployment needs ${needed} Fargate vCPUs for a while (for ${running} tasks that run, ${fresh} new ones and ${smokes} one-off tasks), but the quota is ${limit}`,
        next: "request an increase in Service Quotas, or use smaller or fewer tasks with --cpu and --min-tasks",
      },
    ];
  }
  if (scaled <= limit) return [];
  return [
    {
      level: "note",
      what: `${maxTasks} tasks need ${scaled} Fargate vCPUs, but the quota is ${limit}: scaling ends there`,
      next: "request an increase in Service Quotas, or choose --max-tasks and --cpu to fit",
    },
  ];
}
