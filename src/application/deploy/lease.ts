import type { Template } from "../../domain/deployment/template.ts";
import { reasonOf } from "../../lib/reason.ts";
import { discard } from "./change-set.ts";
import { DeployError } from "./errors.ts";
import type { ChangeSetSummary, Deployer, Stacks } from "./ports.ts";
import type { Run } from "./run.ts";

/** A lease is renewed after this, ms, */
const RENEWED_AFTER_MS = 60_000;
/** and one that was not renewed for this long belongs to a deployer that is gone, ms. */
export const LEASE_MS = 240_000;
/** How far this machine's clock may be from AWS's, ms: with more, AWS accepts no signature. */
const CLOCK_SKEW_MAX_MS = 300_000;
/** Between two looks at another deployer's lease, ms. */
const LOOK_MS = 10_000;
const NUMBER_DIGITS = 9;
const NAME_PATTERN = /^lease-(\d{9})$/;

/** The lock stack never gets a resource, but a change set needs a template with one. */
const LEASE_DOCUMENT = {
  Description: "Held while todos deploys; its change sets are leases, and they are never executed",
  Resources: { Lease: { Type: "AWS::CloudFormation::WaitConditionHandle" } },
};
const LEASE_TEMPLATE: Template = {
  text: JSON.stringify(LEASE_DOCUMENT),
  document: LEASE_DOCUMENT,
  parameters: new Map(),
  conditions: {},
  resources: [{ logicalId: "Lease", type: "AWS::CloudFormation::WaitConditionHandle", properties: {} }],
};

/** Who holds a lease, as its description says. */
interface Owner {
  readonly id: string;
  readonly who: string;
  readonly host: string;
  readonly process: number;
  readonly doing: string;
}

interface HeldLease {
  readonly number: number;
  readonly madeAt: number;
  readonly owner: Owner | undefined;
}

export interface LeaseParts {
  readonly stacks: Stacks;
  readonly run: Run;
  /** ARN of the caller. */
  readonly who: string;
  /** `deploy`, `destroy`. */
  readonly doing: string;
  /** Whether to wait for another deployer, however long it takes. */
  readonly wait: boolean;
}

/**
 * One deployer at a time works on an environment. A lease is a change set with the next number on a stack
 * that is never executed: CloudFormation creates only one change set of a name, so if several deployers try,
 * one gets it. It is renewed by creating the next one; a deployer that finds another's in its place stops.
 */
export class Lease {
  private number = 0;
  private renewedAt = 0;
  private lost: DeployError | undefined;
  private endDuty: (() => void) | undefined;

  private constructor(private readonly parts: LeaseParts) {}

  /** @throws DeployError `locked` if another deployer works and we should not wait */
  static async take(parts: LeaseParts): Promise<Lease> {
    const lease = new Lease(parts);
    await lease.acquire();
    lease.endDuty = parts.run.atEveryPause(() => lease.keep());
    return lease;
  }

  /** Does `work` under a lease, and releases it however the work ends. */
  static async during<T>(parts: LeaseParts, work: () => Promise<T>): Promise<T> {
    const lease = await Lease.take(parts);
    let done: T;
    try {
      done = await work();
    } catch (error) {
      await lease
        .release()
        .catch((why: unknown) => parts.run.reporter.report({ event: "note", text: notReleased(why) }));
      throw error;
    }
    await lease.release();
    return done;
  }

  /** Renews it when due. @throws DeployError `locked` if another deployer has taken over */
  async keep(): Promise<void> {
    if (this.lost) throw this.lost;
    if (this.parts.run.now() - this.renewedAt < RENEWED_AFTER_MS) return;
    const previous = this.number;
    if (!(await this.make(previous + 1))) {
      const holder = newest(await this.leases());
      this.lost = new DeployError(
        "locked",
        `${described(holder?.owner)} took over this deploy, which had not renewed its lease for ${LEASE_MS / 60_000} minutes`,
        "todos status shows its progress",
      );
      throw this.lost;
    }
    await this.discard(previous);
  }

  /** Releases it. A killed deployer does not get here, and its lease expires. */
  async release(): Promise<void> {
    this.endDuty?.();
    const state = await this.parts.stacks.describe(this.stack);
    if (state?.status !== "REVIEW_IN_PROGRESS") return;
    const holder = newest(await this.leases());
    // By its id: a stack created in the meantime under the same name is another one.
    if (holder?.owner?.id === this.deployer.id)
      await this.parts.stacks.delete(state.id, this.parts.run.token("release"));
  }

  private get stack(): string {
    return this.parts.run.names.lockStack;
  }

  private get deployer(): Deployer {
    return this.parts.run.parts.deployer;
  }

  private async acquire(): Promise<void> {
    let told: string | undefined;
    let watched: { readonly number: number; readonly since: number } | undefined;
    for (;;) {
      await this.settle();
      const holder = newest(await this.leases());
      const now = this.parts.run.now();
      if (holder && holder.number !== watched?.number) watched = { number: holder.number, since: now };
      const unchangedMs = now - (watched?.since ?? now);
      if (
        holder === undefined ||
        holder.owner?.id === this.deployer.id ||
        this.isStale(holder, unchangedMs)
      ) {
        if (await this.makeAndCheck((holder?.number ?? 0) + 1)) return;
      } else {
        if (!this.parts.wait) throw lockedBy(holder.owner);
        if (told !== holder.owner?.id) {
          told = holder.owner?.id;
          const text = `${described(holder.owner)} is working on this environment; waiting for it to finish`;
          this.parts.run.reporter.report({ event: "waiting", text });
        }
        await this.parts.run.pause(LOOK_MS);
      }
    }
  }

  /** A lock stack that is being deleted takes no change set until it is gone. */
  private async settle(): Promise<void> {
    for (;;) {
      const state = await this.parts.stacks.describe(this.stack);
      if (state?.status !== "DELETE_IN_PROGRESS") return;
      await this.parts.run.pause();
    }
  }

  /**
   * A deployer that read before the last renewal may create a number that is used up; then it is not the
   * newest.
   */
  private async makeAndCheck(number: number): Promise<boolean> {
    if (!(await this.make(number))) return false;
    const leases = await this.leases();
    const holder = newest(leases);
    if (holder !== undefined && holder.number > number) {
      await this.discard(number);
      return false;
    }
    for (const older of leases) {
      if (older.number < number) await this.discard(older.number);
    }
    return true;
  }

  private discard(number: number): Promise<void> {
    return discard(this.stack, nameOf(number), this.parts);
  }

  private async make(number: number): Promise<boolean> {
    const { run, who, doing, stacks } = this.parts;
    const { id, host, process } = this.deployer;
    const owner: Owner = { id, who, host, process, doing };
    const answer = await stacks.propose({
      stack: this.stack,
      name: nameOf(number),
      type: "CREATE",
      description: JSON.stringify(owner),
      template: LEASE_TEMPLATE,
      parameters: {},
      tags: {},
    });
    // If only the answer was lost, the lease is ours.
    if (answer === "name taken") {
      const taken = (await this.leases()).find((lease) => lease.number === number);
      if (taken?.owner?.id !== id) return false;
    }
    this.number = number;
    this.renewedAt = run.now();
    return true;
  }

  /** @param unchangedMs how long it has been watched without a renewal */
  private isStale({ owner, madeAt }: HeldLease, unchangedMs: number): boolean {
    if (owner && this.deployer.isGone(owner.host, owner.process)) return true;
    // Its age depends on two clocks, the watched time on one.
    return unchangedMs > LEASE_MS || this.parts.run.now() - madeAt > LEASE_MS + CLOCK_SKEW_MAX_MS;
  }

  private async leases(): Promise<readonly HeldLease[]> {
    return (await this.parts.stacks.changeSets(this.stack)).flatMap(heldLease);
  }
}

function heldLease({ name, description, madeAt }: ChangeSetSummary): HeldLease[] {
  const number = NAME_PATTERN.exec(name)?.[1];
  return number === undefined ? [] : [{ number: Number(number), madeAt, owner: ownerOf(description) }];
}

/** @returns undefined if the description is not ours */
function ownerOf(description: string): Owner | undefined {
  if (!description.startsWith("{")) return undefined;
  const { id, who, host, process, doing } = JSON.parse(description) as Partial<Owner>;
  if (id === undefined || who === undefined || host === undefined || process === undefined) return undefined;
  return { id, who, host, process, doing: doing ?? "deploy" };
}

function newest(leases: readonly HeldLease[]): HeldLease | undefined {
  return leases.reduce<HeldLease | undefined>(
    (last, lease) => (last === undefined || lease.number > last.number ? lease : last),
    undefined,
  );
}

function nameOf(number: number): string {
  return `lease-${String(number).padStart(NUMBER_DIGITS, "0")}`;
}

function described(owner: Owner | undefined): string {
  if (owner === undefined) return "another deployer";
  return `${owner.who} (todos ${owner.doing}, process ${owner.process} on ${owner.host})`;
}

/** The earlier failure matters more than this. */
function notReleased(why: unknown): string {
  return `the lease could not be released (${reasonOf(why)}); it will expire`;
}

function lockedBy(owner: Owner | undefined): DeployError {
  return new DeployError(
    "locked",
    `${described(owner)} is working on this environment`,
    "run without --no-wait to wait for it; a deployer that was killed is taken over after four minutes",
  );
}
