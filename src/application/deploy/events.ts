import type { StackPlan } from "../../domain/deployment/changes.ts";
import type { CostLine } from "../../domain/deployment/cost.ts";
import type { StackStatus } from "../../domain/deployment/stack-status.ts";

export const DEPLOY_STEPS = [
  "verify",
  "image",
  "plan",
  "confirm",
  "apply",
  "service",
  "smoke",
  "done",
] as const;
export type DeployStep = (typeof DEPLOY_STEPS)[number];

export interface Finding {
  /** `problem`: must be fixed first; `note`: worth knowing. */
  readonly level: "problem" | "note" | "fine";
  readonly what: string;
  readonly next?: string;
}

/** What a deployment command reports while it works. With `--json` each is a line. */
export type DeployEvent =
  | { readonly event: "step"; readonly step: DeployStep; readonly detail?: string }
  | ({ readonly event: "finding" } & Finding)
  | {
      readonly event: "image";
      readonly digest: string;
      readonly bytes: number;
      readonly architecture: string;
    }
  | {
      readonly event: "plan";
      readonly stacks: readonly StackPlan[];
      readonly monthlyUsd: number;
      readonly costs: readonly CostLine[];
      readonly usualMs: number;
    }
  | {
      readonly event: "stack";
      readonly stack: string;
      readonly status: StackStatus | "NONE";
      readonly text: string;
      readonly elapsedMs?: number;
      readonly usualMs?: number;
    }
  | {
      readonly event: "resource";
      readonly stack: string;
      readonly logicalId: string;
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly at: number;
      readonly elapsedMs: number;
      readonly usualMs: number;
    }
  | { readonly event: "push"; readonly bytesDone: number; readonly bytesTotal: number }
  | {
      readonly event: "task";
      readonly purpose: string;
      readonly task: string;
      readonly status: string;
      readonly text: string;
    }
  | {
      readonly event: "task-failed";
      readonly purpose: string;
      readonly task: string;
      readonly cause: string;
      readonly advice: string;
      readonly stoppedReason?: string;
      readonly exitCode?: number;
      readonly stoppedAt?: number;
      readonly at: number;
      readonly logLines: readonly string[];
    }
  | {
      readonly event: "service";
      readonly deployment: string;
      readonly rollout: string;
      readonly running: number;
      readonly desired: number;
      readonly failed: number;
      readonly text: string;
    }
  | {
      readonly event: "export";
      readonly file: string;
      readonly step: "copying" | "comparing" | "done";
      readonly checklists: number;
      readonly tasks: number;
    }
  | { readonly event: "waiting"; readonly text: string }
  | { readonly event: "note"; readonly text: string }
  | {
      readonly event: "connected";
      readonly task: string;
      readonly session: string;
      /** `http://127.0.0.1:8181` */
      readonly url: string;
      readonly next: readonly string[];
    }
  | {
      readonly event: "done";
      readonly digest: string;
      readonly url: string;
      readonly text: string;
      readonly next: readonly string[];
    };

export interface Reporter {
  report(event: DeployEvent): void;
}
