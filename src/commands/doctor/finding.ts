import type { Config } from "../../config.ts";

/** What one look at the host found. `advice` says what to do, where something is to be done. */
export interface Finding {
  readonly check: string;
  readonly result: "ok" | "warn" | "fail";
  readonly message: string;
  readonly advice?: string;
}

/** A look at one thing. It throws nothing that the host's state can cause. */
export type Look = (config: Config) => Finding | Promise<Finding>;

export function ok(check: string, message: string): Finding {
  return { check, result: "ok", message };
}

export function warn(check: string, message: string, advice: string): Finding {
  return { check, result: "warn", message, advice };
}

export function fail(check: string, message: string, advice: string): Finding {
  return { check, result: "fail", message, advice };
}
