import { descriptorOutput } from "./commands/support/output.ts";
import { runLine } from "./commands/support/run.ts";
import { processSignals } from "./commands/support/signals.ts";
import { processConfiguration } from "./config.ts";

const PROGRAM_WORDS = 2;
const configuration = processConfiguration();
const { colors } = configuration.ambient;

process.exit(
  await runLine(process.argv.slice(PROGRAM_WORDS), {
    configuration,
    stdout: descriptorOutput(1, colors),
    stderr: descriptorOutput(2, colors),
    signals: processSignals((code) => process.exit(code)),
  }),
);
