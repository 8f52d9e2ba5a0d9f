import { readFileSync } from "node:fs";
import { EXIT_BY_SIGNAL, type Signals, type StopSignal } from "./command.ts";

/** Work that a signal stops, while this is held. */
export interface Stoppable extends Disposable {
  /** Aborts with the first signal. */
  readonly signal: AbortSignal;
  /** The exit code if it was stopped; undefined if it was not. */
  readonly exitCode: number | undefined;
}

export function stoppable(signals: Signals): Stoppable {
  const stopping = new AbortController();
  let exitCode: number | undefined;
  const release = signals.on((signal) => {
    exitCode = EXIT_BY_SIGNAL[signal];
    stopping.abort();
  });
  return {
    signal: stopping.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]: release,
  };
}

const SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const SIGHUP_BIT = 1n;

/**
 * Whether the program was started by nohup, or must be taken for such where the system does not say: nohup leaves
 * no output on a terminal, while standard input may stay on one.
 * @param onTerminal whether standard output or standard error is a terminal
 * @param status of the process, as Linux shows it
 */
export function isHangupIgnored(onTerminal: boolean, status = ownStatus()): boolean {
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return ignored === undefined ? !onTerminal : (BigInt(`0x${ignored}`) & SIGHUP_BIT) !== 0n;
}

/** Empty if the system has no such file. */
function ownStatus(): string {
  try {
    return readFileSync("/proc/self/status", "latin1");
  } catch {
    return "";
  }
}

/**
 * Signals end the program with `exit` until a command takes them over. Set explicitly, because the
 * first process of a container would otherwise ignore them.
 * @param onTerminal whether standard output or standard error is a terminal
 */
export function processSignals(exit: (code: number) => void, onTerminal: boolean): Signals {
  const handlers = new Set<(signal: StopSignal) => void>();
  const receive = (signal: StopSignal): void => {
    if (handlers.size === 0) exit(EXIT_BY_SIGNAL[signal]);
    for (const handler of handlers) handler(signal);
  };
  for (const signal of SIGNALS) {
    if (signal !== "SIGHUP" || !isHangupIgnored(onTerminal)) process.on(signal, receive);
  }
  return {
    on: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
