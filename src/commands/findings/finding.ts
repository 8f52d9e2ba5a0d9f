import type { Config } from "../../config.ts";

/** The result of one check of the host. `advice` says what to do, if anything. */
export interface Finding {
  readonly check: string;
  readonly result: "ok" | "warn" | "fail";
  readonly message: string;
  readonly advice?: string;
}

/** One check. It throws no error that the host's state can cause. */
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
