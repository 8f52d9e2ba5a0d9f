import type { BuildProgress, PushProgress, VerifyProgress } from "../../application/deploy/images.ts";
import type { Context } from "../support/command.ts";
import { writeIfRead } from "../support/output.ts";
import { duration } from "./lines.ts";

const CLEAR_LINE = "\r\x1b[K";
const PERCENT = 100;
/** Without a terminal, a line now and then. */
const LINE_EVERY_MS = 10_000;
/** Before that, nobody can say how long it takes. */
const RATE_AFTER_MS = 1_000;

type Event = BuildProgress | PushProgress | VerifyProgress;

export interface ImageEvents extends Disposable {
  show(event: Event): void;
  /** Clears the line for the next output on the terminal. */
  clear(): void;
}

/** Shows how far an image is: one line that changes on a terminal, events with `--json`, else a line now and then. */
export function imageEvents(
  { has, stdout, stderr }: Pick<Context, "has" | "stdout" | "stderr">,
  now: () => number = () => performance.now(),
): ImageEvents {
  const onTerminal = !has("json") && stderr.isTerminal;
  const pace = new Pace(now);
  let lineAt = now();
  const clear = () => {
    if (onTerminal) writeIfRead(stderr, CLEAR_LINE);
  };
  return {
    show: (event) => {
      if (has("json")) {
        stdout.write(`${JSON.stringify(event)}\n`);
        return;
      }
      const left = pace.leftMs(event);
      const text = `${sentence(event)}${left === undefined ? "" : `, ${duration(left)} left`}`;
      if (onTerminal) {
        stderr.write(`${CLEAR_LINE}${text}`);
      } else if (now() - lineAt >= LINE_EVERY_MS) {
        lineAt = now();
        stderr.write(`${text}\n`);
      }
    },
    clear,
    [Symbol.dispose]: clear,
  };
}

/** The speed of one kind of work. */
class Pace {
  private work = "";
  private startedAt = 0;
  private bytesAtStart = 0;

  constructor(private readonly now: () => number) {}

  /** @returns undefined if unknown */
  leftMs(event: Event): number | undefined {
    if (!("bytesDone" in event)) return undefined;
    const { bytesDone, bytesTotal } = event;
    const work = `${event.event} ${"digest" in event ? event.digest : ""}`;
    if (work !== this.work) {
      this.work = work;
      this.startedAt = this.now();
      this.bytesAtStart = bytesDone;
    }
    const elapsedMs = this.now() - this.startedAt;
    const bytes = bytesDone - this.bytesAtStart;
    if (elapsedMs < RATE_AFTER_MS || bytes <= 0 || bytesDone >= bytesTotal) return undefined;
    return ((bytesTotal - bytesDone) * elapsedMs) / bytes;
  }
}

function sentence(event: Event): string {
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
