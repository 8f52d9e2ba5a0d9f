import { cpus, loadavg, release, totalmem, type } from "node:os";

/** The machine that the numbers were measured on, without anything that identifies it. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /**
   * Processes that wanted a processor in the minute before: more than the bench's own two or three mean that it was
   * disturbed.
   */
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
