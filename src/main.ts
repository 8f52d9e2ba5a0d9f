import { descriptorOutput } from "./commands/support/output.ts";
import { runLine } from "./commands/support/run.ts";
import { processSignals } from "./commands/support/signals.ts";
import { processEnvironment } from "./config.ts";

const PROGRAM_WORDS = 2;
const environment = processEnvironment();

process.exit(
  await runLine(process.argv.slice(PROGRAM_WORDS), {
    environment,
    stdout: descriptorOutput(1, environment),
    stderr: descriptorOutput(2, environment),
    signals: processSignals((code) => process.exit(code)),
  }),
);
