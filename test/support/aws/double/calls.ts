import { AwsError, type CommonFault, commonFault, type Protocol } from "./errors.ts";
import type { Fields } from "./fields.ts";

/** A request that arrived with a valid signature; also one to the registry (`service: "registry"`). */
export interface Call {
  /** From 0, in order of arrival. */
  readonly index: number;
  readonly deployer: string;
  readonly service: string;
  readonly action: string;
  /** As an IAM policy names it: `cassandra:GetKeyspace`. */
  readonly iamAction: string;
  readonly input: Fields;
  /** Whether it may change what exists; false for everything that only reads. */
  readonly isMutating: boolean;
  outcome: "under way" | "answered" | "refused" | "cut before" | "cut after";
  /** The code of the error it was refused with. */
  error?: string;
}

/** A hook's result: `cut` this connection, or `kill` the deployer who called. */
export type Cut = "cut" | "kill" | undefined;
export type Hook = (call: Call) => Cut | Promise<Cut>;

/** Which calls a plant is for, and for how many of them. */
export interface Which {
  readonly service?: string;
  readonly action?: string;
  /** Only calls for which this holds. */
  readonly matching?: (call: Call) => boolean;
  /** Default 1. */
  readonly times?: number;
}

type Effect =
  | { readonly kind: "error"; readonly error: (protocol: Protocol) => AwsError }
  | { readonly kind: "slow"; readonly realMs: number }
  | { readonly kind: "unseen" };

interface Planted {
  readonly which: Which;
  readonly effect: Effect;
  left: number;
}

/** Faults that wait for their calls. */
export class CallPlants {
  readonly #planted: Planted[] = [];

  /** "Rate exceeded", with the code of the service's protocol. */
  throttle(which: Which = {}): void {
    this.#fault(which, "throttled", "Rate exceeded");
  }

  unavailable(which: Which = {}): void {
    this.#fault(which, "unavailable", "The request has failed due to a temporary failure of the server.");
  }

  deny(which: Which & { readonly message?: string }): void {
    const text = which.message ?? `User is not authorized to perform: ${which.service}:${which.action}`;
    this.#fault(which, "denied", text);
  }

  error(which: Which & { readonly code: string; readonly message: string; readonly status?: number }): void {
    const error = new AwsError(which.code, which.message, which.status);
    this.#add(which, { kind: "error", error: () => error });
  }

  /** The answer comes this much later, in real time. */
  slow(which: Which & { readonly realMs: number }): void {
    this.#add(which, { kind: "slow", realMs: which.realMs });
  }

  /** The requested resource exists, but the service answers as if it did not know it yet. */
  unseen(which: Which): void {
    this.#add(which, { kind: "unseen" });
  }

  /** Takes one use of each plant that is for this call. */
  effectsOn(call: Call): Effect[] {
    const due = this.#planted.filter((planted) => planted.left > 0 && isFor(planted.which, call));
    for (const planted of due) planted.left--;
    return due.map((planted) => planted.effect);
  }

  #fault(which: Which, fault: CommonFault, message: string): void {
    this.#add(which, { kind: "error", error: (protocol) => commonFault(fault, protocol, message) });
  }

  #add(which: Which, effect: Effect): void {
    this.#planted.push({ which, effect, left: which.times ?? 1 });
  }
}

function isFor({ service, action, matching }: Which, call: Call): boolean {
  if (service !== undefined && service !== call.service) return false;
  if (action !== undefined && action !== call.action) return false;
  return matching?.(call) ?? true;
}

const READING = /^(?:Describe|List|Get|Filter|Simulate|BatchGet|Detect|Estimate|Validate|Lookup|HEAD |GET )/;

export function isMutating(action: string): boolean {
  return !READING.test(action);
}
