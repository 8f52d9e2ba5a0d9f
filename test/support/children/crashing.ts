// A process with a fault that nobody catches: `crashing.ts thrown|rejected`.
import type { Log } from "../../../src/application/ports.ts";
import { crashOf } from "../../../src/commands/serve/crash.ts";

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const nothing = (): void => {};
const log: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (message, fields) => console.log(`error: ${message}: ${messageOf(fields?.error)}`),
};

using crash = crashOf(log);
const fault = new Error("nobody catches this");
if (process.argv[2] === "thrown") {
  setTimeout(() => {
    throw fault;
  }, 1);
} else {
  void Promise.reject(fault);
}
// Waits for as long as a service does.
const open = setInterval(() => {}, 1_000);
try {
  await crash.told;
} catch (error) {
  clearInterval(open);
  console.log(`closed, after: ${messageOf(error)}`);
  process.exitCode = 1;
}
