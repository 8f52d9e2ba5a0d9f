import { cpus, loadavg, release, totalmem, type } from "node:os";

/** What the numbers were measured on; nothing that tells whose machine it is. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Processes that wanted a processor in the minute before: above the bench's own two or three, it was disturbed. */
  readonly load: number;
}

export function machine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    kernel: `${type()} ${release().split("-")[0]}`,
  };
}
