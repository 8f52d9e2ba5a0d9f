import { join } from "node:path";

export interface HealthTimes {
  readonly asked: number;
  /** Answers other than 200. */
  readonly refused: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** How long health answers took while `work` was done, as a process beside this one saw it. */
export async function healthTimesDuring(url: string, work: () => Promise<unknown>): Promise<HealthTimes> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "children/health-times.ts"), url], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read();
  await work();
  await child.stdin.end();
  let said = "";
  for (let part = await lines.read(); !part.done; part = await lines.read()) said += part.value;
  const times: HealthTimes = JSON.parse(said);
  return times;
}
