import type { Engine } from "./engine.ts";
import { outputOf } from "./outcome.ts";
import type { LogLine } from "./ports.ts";
import { notDeployed } from "./rollback.ts";

export interface LogsOptions {
  /** Milliseconds since 1970. */
  readonly from: number;
  /** A filter pattern of CloudWatch Logs. */
  readonly filter?: string;
  readonly follow: boolean;
  write(line: LogLine): void;
}

const LOOK_MS = 2_000;
/** Lines of several tasks arrive out of order: each read starts this far back, ms. */
const OVERLAP_MS = 60_000;

/** Shows the service's log, and with `follow` continues until it is interrupted. */
export async function showLogs(engine: Engine, { from, filter, follow, write }: LogsOptions): Promise<void> {
  const { logs, run, stacks } = engine;
  const stack = run.names.stack("cluster");
  const state = await stacks.describe(stack);
  if (state === undefined) throw notDeployed(run.names.environment);
  const group = outputOf(state.outputs, "LogGroupName", stack);
  let shown = new Set<string>();
  let since = from;
  for (;;) {
    const lines = await logs.since(group, since, filter);
    const seen = new Set<string>();
    for (const line of [...lines].sort((a, b) => a.at - b.at)) {
      seen.add(line.id);
      if (!shown.has(line.id)) write(line);
    }
    if (!follow) return;
    shown = seen;
    since = Math.max(from, (lines.at(-1)?.at ?? run.now()) - OVERLAP_MS);
    await run.pause(LOOK_MS);
  }
}
