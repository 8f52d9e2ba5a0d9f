import type { Log } from "../../application/ports.ts";

/** A fault that nobody catches. */
export interface Crash extends Disposable {
  /** Rejects with the first one, which by then is in the log; whoever waits can still close what is open. */
  readonly told: Promise<never>;
}

/** Watches for faults that nobody catches, for as long as it is held: Bun would end the process at once, and its last lines with it. */
export function crashOf(log: Log): Crash {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = (error: unknown): void => {
    log.error("a fault of the program ends it", { error });
    reject(error);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  return {
    told: promise,
    [Symbol.dispose]: () => {
      process.off("uncaughtException", fail);
      process.off("unhandledRejection", fail);
    },
  };
}
