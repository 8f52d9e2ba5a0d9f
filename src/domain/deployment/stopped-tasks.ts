/** What is known about a stopped task. */
export interface StoppedTask {
  readonly stoppedReason?: string;
  readonly stopCode?: string;
  readonly exitCode?: number;
  /** The container's own reason. */
  readonly containerReason?: string;
}

interface Cause {
  readonly pattern: RegExp;
  readonly words: string;
  readonly advice: string;
}

const OOM_EXIT_CODE = 137;

/**
 * What ECS writes into `stoppedReason` and a container's `reason`, in words.
 * Source: Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages".
 */
const CAUSES: readonly Cause[] = [
  {
    pattern: /CannotPullContainerError.*(?:i\/o timeout|timed? ?out|dial tcp|connection refused)/i,
    words: "the image could not be pulled: the registry is unreachable from the subnets",
    advice:
      "check the endpoints ecr.api, ecr.dkr and s3 of the VPC, their security group and private DNS: todos verify",
  },
  {
    pattern: /CannotPullContainerError.*(?:not found|manifest unknown|does not exist)/i,
    words: "the image could not be pulled: the registry does not have it",
    advice: "run todos deploy again: it pushes the image",
  },
  {
    pattern: /CannotPullContainerError.*(?:403|denied|unauthori[sz]ed|no basic auth|not authorized)/i,
    words: "the image could not be pulled: the execution role may not read the repository",
    advice:
      "check the execution role's policy, a permissions boundary, and the policies of the ECR and S3 endpoints",
  },
  {
    pattern: /CannotPull\w*Error.*(?:platform|exec format)/i,
    words: "the image could not be pulled: it is built for another architecture",
    advice: "deploy with the --arch of the task definition",
  },
  {
    pattern: /CannotPull\w*Error/i,
    words: "the image could not be pulled",
    advice:
      "the registry gave the reason above; check the endpoints ecr.api, ecr.dkr and s3 of the VPC: todos verify",
  },
  {
    pattern: /exec format error/i,
    words: "the program can't run on this processor: the image is built for another architecture",
    advice: "deploy with the --arch of the task definition",
  },
  {
    pattern: /ResourceInitializationError.*(?:log|cloudwatch)/i,
    words:
      "the task could not start its log: CloudWatch Logs is unreachable, or the execution role may not write to it",
    advice: "check the endpoint logs of the VPC and the execution role: todos verify",
  },
  {
    pattern: /ResourceInitializationError.*(?:ecr|registry auth|pull)/i,
    words: "the task could not log in to the registry: ECR is unreachable from the subnets",
    advice: "check the endpoint ecr.api of the VPC, its security group and private DNS: todos verify",
  },
  {
    pattern: /ResourceInitializationError/i,
    words: "the task could not be prepared",
    advice:
      "Fargate gave the reason above; check the endpoints of the VPC and the execution role: todos verify",
  },
  {
    pattern: /OutOfMemory/i,
    words: "the task used more memory than it has",
    advice: "deploy with a larger --memory",
  },
  {
    pattern: /failed (?:container )?health checks?/i,
    words: "the task did not become healthy",
    advice: "its last log lines show what it was waiting for, usually the store",
  },
  {
    pattern: /RESOURCE:|Capacity is unavailable|\bENI\b|network interface/i,
    words: "Fargate had no capacity or no address for the task",
    advice:
      "this is usually temporary: run todos deploy again; if it keeps failing, check the free addresses of the subnets and the Fargate quota",
  },
  {
    pattern: /Spot|TaskFailedToStart/i,
    words: "Fargate could not start the task",
    advice: "run todos deploy again; Fargate gave the reason above",
  },
];

/** Why a task stopped, for a person, and what to do about it. */
export function causeOf(task: StoppedTask): { readonly words: string; readonly advice: string } {
  const reasons = `${task.containerReason ?? ""} ${task.stoppedReason ?? ""} ${task.stopCode ?? ""}`;
  const known = CAUSES.find(({ pattern }) => pattern.test(reasons));
  if (known) return known;
  if (task.exitCode === OOM_EXIT_CODE) {
    return {
      words: "the program was killed (137), usually for using more memory than the task has",
      advice: "deploy with a larger --memory, unless someone stopped the task",
    };
  }
  if (task.exitCode !== undefined && task.exitCode !== 0) {
    return {
      words: `the program ended with exit code ${task.exitCode}`,
      advice: "read its last log lines (todos logs shows more), fix the cause, then run todos deploy again",
    };
  }
  return { words: "the task stopped", advice: "ECS gives no reason beyond the one above" };
}
