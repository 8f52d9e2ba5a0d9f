import type { BuildProgress, PushProgress, VerifyProgress } from "../../application/deploy/images.ts";
import type { Context } from "../support/command.ts";

const CLEAR_LINE = "\r\x1b[K";
const PERCENT = 100;

export interface ImageEvents extends Disposable {
  show(event: BuildProgress | PushProgress | VerifyProgress): void;
  /** Makes room for what comes next on the terminal. */
  clear(): void;
}

/** Shows how far an image is: one line that changes on a terminal, events with `--json`, else nothing. */
export function imageEvents({
  has,
  stdout,
  stderr,
}: Pick<Context, "has" | "stdout" | "stderr">): ImageEvents {
  const onTerminal = !has("json") && stderr.isTerminal;
  const clear = () => {
    if (onTerminal) stderr.write(CLEAR_LINE);
  };
  return {
    show: (event) => {
      if (has("json")) stdout.write(`${JSON.stringify(event)}\n`);
      else if (onTerminal) stderr.write(`${CLEAR_LINE}${sentence(event)}`);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}

function sentence(event: BuildProgress | PushProgress | VerifyProgress): string {
  switch (event.event) {
    case "compressing":
      return `compressing the image: ${share(event)}`;
    case "reading":
      return `reading the image: ${share(event)}`;
    case "sending":
      return `sending ${short(event.digest)}: ${share(event)}`;
    case "resumed":
      return `resuming ${short(event.digest)}: ${share({ ...event, bytesDone: event.fromByte })}`;
    case "present":
      return `${short(event.digest)} already exists`;
    case "waiting":
      return `trying again in ${(event.waitMs / 1_000).toFixed(1)} s: ${event.reason}`;
    case "pushed":
      return `pushed ${event.digest}`;
    case "sbom":
      return `bill of materials: ${event.outcome}`;
  }
}

function share({
  bytesDone,
  bytesTotal,
}: {
  readonly bytesDone: number;
  readonly bytesTotal: number;
}): string {
  return `${Math.floor((bytesDone / Math.max(bytesTotal, 1)) * PERCENT)} % of ${(bytesTotal / 1e6).toFixed(1)} MB`;
}

function short(digest: string): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}
