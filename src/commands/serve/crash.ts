import type { Log } from "../../application/ports.ts";

/** An uncaught error. */
export interface Crash extends Disposable {
  /** Rejects with the first one, which is already in the log; the caller can still close what is open. */
  readonly told: Promise<never>;
}

/** Watches for uncaught errors while it is held: Bun would end the process at once and lose its last log lines. */
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
