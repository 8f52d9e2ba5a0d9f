import { TOTAL_DEADLINE_MS } from "../../domain/deployment/durations.ts";
import type { EnvironmentNames } from "../../domain/deployment/stacks.ts";
import { DeployError, Interrupted } from "./errors.ts";
import type { DeployStep, Reporter } from "./events.ts";
import type { Deployer, WaitableClock } from "./ports.ts";

/** Between two checks of an operation in AWS, ms: a failure must be shown within 10 s. */
export const POLL_MS = 5_000;

/** The user's answer to Ctrl-C. */
export interface Interruption {
  /** Aborts as soon as the work must stop. */
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
  /** Whether to answer every question with yes. */
  readonly yes: boolean;
  /** The run is given up after this, ms; absent: the limit for a deploy. */
  readonly deadlineMs?: number;
}

/** One run of a deployment command: its clock, its deadline, the user's wishes, and its duties at every pause. */
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

  /** Unique to this run and to `purpose`, at most 64 characters: AWS executes a call with it once. */
  token(purpose: string): string {
    return `todos-${this.parts.deployer.id}-${this.parts.deployer.hash(purpose).slice(0, 24)}`;
  }

  /** 1, 2, 3 …: each thing that is created repeatedly in a run gets a new name. */
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

  /** Waits, unless the work must stop. @throws Interrupted; DeployError after the deadline of the whole run */
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

  /** From now on only the deadline stops the work: it is undoing what it did. */
  ignoreInterrupts(): void {
    this.interruptible = false;
  }

  /**
   * Does long `work` without pauses: it calls `touch` regularly, which does the duties, and stops when `signal`
   * aborts.
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

  /** Asks the user; that time does not count. @returns undefined if there is no terminal */
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
