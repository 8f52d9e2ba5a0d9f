import type { DeployOptions } from "../../src/application/deploy/deploy.ts";
import type { Aws } from "../support/aws/double/start.ts";
import { smallImages } from "./small-image.ts";
import { type EngineOptions, engineOn, SETTINGS, type TestEngine } from "./support.ts";

export const OPTIONS: DeployOptions = { settings: SETTINGS, allowed: [], wait: true };
/** The timeout of a test with several deploys. Generous, for a busy machine. */
export const JOURNEY_TIMEOUT_MS = 600_000;

/** Returns an engine whose image is that of `version`. */
export function engineWith(aws: Aws, version: string, options: EngineOptions = {}): TestEngine {
  return engineOn(aws, { images: smallImages(version, options.deployer ?? aws.deployer), ...options });
}

/** Returns all events, one line of JSON each. */
export function saidIn(engine: TestEngine): string {
  return engine.events.map((event) => JSON.stringify(event)).join("\n");
}

/**
 * Returns the error of a rejected promise. The matcher `.rejects` of bun:test blocks the event loop while it waits, and
 * so the double's clock.
 * @throws Error if the promise was not rejected
 */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error(`it did not fail but gave ${Bun.inspect(value)}`);
}
