import type { Signals, StopSignal } from "./command.ts";

const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Signals end the program with `exit` until a command takes them over. Said outright, because the first
 * process of a container would otherwise ignore them.
 */
export function processSignals(exit: (code: number) => void): Signals {
  const handlers = new Set<(signal: StopSignal) => void>();
  const receive = (signal: StopSignal): void => {
    if (handlers.size === 0) exit(EXIT_CODES[signal]);
    for (const handler of handlers) handler(signal);
  };
  process.on("SIGINT", receive);
  process.on("SIGTERM", receive);
  return {
    on: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
