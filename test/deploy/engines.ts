import type { DeployOptions } from "../../src/application/deploy/deploy.ts";
import type { Aws } from "../support/aws/double/start.ts";
import { smallImages } from "./small-image.ts";
import { type EngineOptions, engineOn, SETTINGS, type TestEngine } from "./support.ts";

export const OPTIONS: DeployOptions = { settings: SETTINGS, allowed: [], wait: true };
/** Of a test with several deploys, on a machine that also does other things. */
export const JOURNEY_TIMEOUT_MS = 600_000;

/** An engine whose image is that of `version`. */
export function engineWith(aws: Aws, version: string, options: EngineOptions = {}): TestEngine {
  return engineOn(aws, { images: smallImages(version, options.deployer ?? aws.deployer), ...options });
}

/** The events of one kind, in order. */
export function saidIn(engine: TestEngine): string {
  return engine.events.map((event) => JSON.stringify(event)).join("\n");
}

/**
 * What a promise was rejected with. The matcher `.rejects` of bun:test holds the event loop while it waits, and with it
 * the double's clock.
 * @throws Error if it was not rejected
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
