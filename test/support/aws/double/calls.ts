import { AwsError, type CommonFault, commonFault, type Protocol } from "./errors.ts";
import type { Fields } from "./fields.ts";

/** A request that arrived with a valid signature, to a service or to the registry (`service: "registry"`). */
export interface Call {
  /** From 0, in order of arrival. */
  readonly index: number;
  readonly deployer: string;
  readonly service: string;
  readonly action: string;
  /** As an IAM policy names it: `cassandra:GetKeyspace`. */
  readonly iamAction: string;
  readonly input: Fields;
  /** Whether it may change what exists. False for calls that only read. */
  readonly isMutating: boolean;
  outcome: "under way" | "answered" | "refused" | "cut before" | "cut after";
  /** The error code of the refusal. */
  error?: string;
}

/** A hook's result: `cut` this connection, or `kill` the deployer that called. */
export type Cut = "cut" | "kill" | undefined;
export type Hook = (call: Call) => Cut | Promise<Cut>;

/** Which calls a plant affects, and how many of them. */
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

/** Faults planted for later calls. */
export class CallPlants {
  readonly #planted: Planted[] = [];

  /** Answers "Rate exceeded", with the code that the service's protocol uses. */
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

  /** Delays the answer by this much real time. */
  slow(which: Which & { readonly realMs: number }): void {
    this.#add(which, { kind: "slow", realMs: which.realMs });
  }

  /** Answers as if the service did not know the requested resource yet, although it exists. */
  unseen(which: Which): void {
    this.#add(which, { kind: "unseen" });
  }

  /** Uses up one of each plant that affects this call. */
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
