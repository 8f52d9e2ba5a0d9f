import { ImageError, type Images } from "../../application/deploy/images.ts";
import type { Context } from "../support/command.ts";
import { CommandError, UsageError } from "../support/command.ts";
import { tellUndone } from "../support/result.ts";
import { stoppable } from "../support/signals.ts";

/**
 * Runs work on images, stopped by Ctrl-C, whose failures are sentences for the user.
 * @returns the exit code
 */
export async function imageCommand(
  context: Context,
  work: (images: Images, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { ociImages } = await import("../../adapters/oci/images.ts");
  using stopping = stoppable(context.signals);
  try {
    return await work(ociImages, stopping.signal);
  } catch (error) {
    if (stopping.exitCode !== undefined) {
      tellUndone(context, "stopped", "stopped; the same command continues from here");
      return stopping.exitCode;
    }
    throw error instanceof ImageError ? explained(error) : error;
  }
}

/** A mistake on the command line, or something else that the user can fix. */
function explained(error: ImageError): Error {
  if (error.code === "bad-reference") {
    return new UsageError(error.message, error.advice);
  }
  return new CommandError(error.message, error.advice, { cause: error, code: error.code });
}
