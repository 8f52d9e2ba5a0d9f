import { descriptorOutput } from "./commands/support/output.ts";
import { runLine } from "./commands/support/run.ts";
import { processSignals } from "./commands/support/signals.ts";
import { processConfiguration } from "./config.ts";

const PROGRAM_WORDS = 2;
const configuration = processConfiguration();
const { colors } = configuration.ambient;
const stdout = descriptorOutput(1, colors);
const stderr = descriptorOutput(2, colors);

process.exit(
  await runLine(process.argv.slice(PROGRAM_WORDS), {
    configuration,
    stdout,
    stderr,
    signals: processSignals((code) => process.exit(code), stdout.isTerminal || stderr.isTerminal),
  }),
);
