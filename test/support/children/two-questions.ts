// On a terminal: Ctrl-C at work that has a question of its own while the one after Ctrl-C is open.
import { Display } from "../../../src/commands/deployment/display.ts";
import { TerminalInterruption } from "../../../src/commands/deployment/interrupt.ts";
import { askOnTerminal, descriptorOutput, writeIfRead } from "../../../src/commands/support/output.ts";
import { processSignals } from "../../../src/commands/support/signals.ts";

const [stdout, stderr] = [descriptorOutput(1, false), descriptorOutput(2, false)];
const signals = processSignals((code) => process.exit(code), true);
const context = { has: () => false, stdout, stderr, signals };
using display = new Display(context);
using interruption = new TerminalInterruption(context, display, true);
const interrupted = Promise.withResolvers<void>();
signals.on(() => interrupted.resolve());
stdout.write("working\n");
await interrupted.promise;
const answer = interruption.atQuestion(() => askOnTerminal("Apply?", stderr));
setImmediate(() => stdout.write("the work waits for its answer\n"));
writeIfRead(stdout, `${await answer.catch(String)}\n`);
process.exit(interruption.exitCode);
