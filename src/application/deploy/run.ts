import { TOTAL_DEADLINE_MS } from "../../domain/deployment/durations.ts";
import type { EnvironmentNames } from "../../domain/deployment/stacks.ts";
import { DeployError, Interrupted } from "./errors.ts";
import type { DeployStep, Reporter } from "./events.ts";
import type { Deployer, WaitableClock } from "./ports.ts";

/** Between two looks at something that AWS works on, ms: a failure is to be shown within 10 s. */
export const POLL_MS = 5_000;

/** What the user said on Ctrl-C. */
export interface Interruption {
  /** Aborts as soon as the work is to stop. */
  readonly signal: AbortSignal;
  wish(): "go on" | "detach" | "roll back";
}

export const NEVER_INTERRUPTED: Interruption = {
  signal: new AbortController().signal,
  wish: () => "go on",
};

/** Questions to a person. */
export interface Questions {
  /** @returns undefined if there is no terminal */
  confirm(question: string): Promise<boolean | undefined>;
  /** @returns what was typed; undefined if there is no terminal */
  typed(question: string): Promise<string | undefined>;
}

export interface RunParts {
  readonly names: EnvironmentNames;
  readonly clock: WaitableClock;
  readonly reporter: Reporter;
  readonly deployer: Deployer;
  readonly interruption: Interruption;
  readonly questions: Questions;
  /** Whether every question is answered with yes beforehand. */
  readonly yes: boolean;
  /** After this the run is given up, ms; absent: that of a deploy. */
  readonly deadlineMs?: number;
}

/** One run of a deployment command: its time, its deadline, its wishes, and what must be done at every pause. */
export class Run {
  readonly startedAt: number;
  private deadline: number;
  private readonly duties: (() => Promise<void>)[] = [];
  private interruptible = true;
  private number = 0;

  constructor(readonly parts: RunParts) {
    this.startedAt = parts.clock.now();
    this.deadline = this.startedAt + (parts.deadlineMs ?? TOTAL_DEADLINE_MS);
  }

  get names(): EnvironmentNames {
    return this.parts.names;
  }

  get reporter(): Reporter {
    return this.parts.reporter;
  }

  now(): number {
    return this.parts.clock.now();
  }

  /** Unique to this run and to `purpose`, at most 64 characters: AWS does a call with it once. */
  token(purpose: string): string {
    return `todos-${this.parts.deployer.id}-${this.parts.deployer.hash(purpose).slice(0, 24)}`;
  }

  /** 1, 2, 3 …: what is made several times in a run has a name of its own each time. */
  nextNumber(): number {
    this.number++;
    return this.number;
  }

  /** One of the eight steps begins. */
  step(step: DeployStep): void {
    this.check();
    this.reporter.report({ event: "step", step });
  }

  /** Done at every pause from now on: a lease that must be renewed. @returns what ends it */
  atEveryPause(duty: () => Promise<void>): () => void {
    this.duties.push(duty);
    return () => {
      this.duties.splice(this.duties.indexOf(duty), 1);
    };
  }

  /** Waits, unless the work is to stop. @throws Interrupted; DeployError past the deadline of the whole run */
  async pause(ms: number = POLL_MS): Promise<void> {
    this.check();
    await this.doDuties();
    await this.parts.clock.sleep(ms, this.interruptible ? this.parts.interruption.signal : undefined);
    this.check();
  }

  /** @throws Interrupted if the user wants the work to stop */
  check(): void {
    const wish = this.parts.interruption.wish();
    if (this.interruptible && wish !== "go on") throw new Interrupted(wish);
    if (this.now() > this.deadline) {
      throw new DeployError(
        "deadline",
        `the deploy has taken ${minutes(TOTAL_DEADLINE_MS)}, so todos stopped waiting`,
        "AWS continues its work; todos status shows it, and todos deploy continues from there",
      );
    }
  }

  /** From now on nothing stops the work but its deadline: it is undoing what it did. */
  ignoreInterrupts(): void {
    this.interruptible = false;
  }

  /**
   * Does `work` that takes long without pausing: it calls `touch` as it gets on, which does the duties, and
   * stops when `signal` aborts.
   */
  async during<T>(work: (signal: AbortSignal, touch: () => void) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    let failure: unknown;
    let busy = false;
    const touch = (): void => {
      if (busy || failure !== undefined) return;
      busy = true;
      this.doDuties().then(
        () => {
          busy = false;
        },
        (error: unknown) => {
          failure = error;
          stop.abort();
        },
      );
    };
    try {
      return await work(AbortSignal.any([this.parts.interruption.signal, stop.signal]), touch);
    } catch (error) {
      this.check();
      throw failure ?? error;
    }
  }

  private async doDuties(): Promise<void> {
    for (const duty of [...this.duties]) await duty();
  }

  /** Asks a person; the time that takes is not the deploy's. @returns undefined if there is no terminal */
  async confirm(question: string): Promise<boolean | undefined> {
    if (this.parts.yes) return true;
    const askedAt = this.now();
    const answer = await this.parts.questions.confirm(question);
    this.deadline += this.now() - askedAt;
    return answer;
  }
}

export function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} minutes`;
}
