import type { ConfigReading, Configuration } from "../../config.ts";
import type { ParsedLine } from "./arguments.ts";
import type { CommandEntry, Context, Output, Signals } from "./command.ts";
import { askOnTerminal } from "./output.ts";

export interface ContextParts {
  readonly line: ParsedLine;
  readonly reading: ConfigReading;
  readonly configuration: Configuration;
  readonly commands: readonly CommandEntry[];
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signals: Signals;
}

/** A command's context, from the command line and the settings. */
export function commandContext({ line, reading, ...surroundings }: ContextParts): Context {
  return {
    ...reading,
    ...surroundings,
    args: line.args,
    has: (option) => line.own.has(option),
    value: (option) => line.own.get(option),
    ask: (question) => askOnTerminal(question, surroundings.stderr),
  };
}
