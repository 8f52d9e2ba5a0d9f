import { StoreOpenError } from "../../application/store-open-error.ts";
import type { ConfigReading, Configuration } from "../../config.ts";
import { TodosError } from "../../domain/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { harmless } from "../../lib/terminal.ts";
import { parseLine } from "./arguments.ts";
import type { Command, CommandEntry, Output, Signals } from "./command.ts";
import { CommandError, DEFAULT_COMMAND, EXIT_DONE, EXIT_FAILED, EXIT_USAGE, UsageError } from "./command.ts";
import { commandContext } from "./context.ts";
import { BrokenPipeError, UnwritableOutputError } from "./output.ts";
import { COMMANDS } from "./table.ts";
import { wrapped } from "./wrap.ts";

/** The program's surroundings. */
export interface Surroundings {
  readonly configuration: Configuration;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signals: Signals;
}

interface World extends Surroundings {
  readonly commands: readonly CommandEntry[];
  /** Settings given as flags, by flag; none before the line is taken apart. */
  settings: ReadonlyMap<string, string>;
}

/** Runs what was typed. @param words the command line after the program's name @returns the exit code */
export async function runLine(
  words: readonly string[],
  surroundings: Surroundings,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<number> {
  const world: World = { ...surroundings, commands, settings: new Map() };
  try {
    return await runCommand(words, world);
  } catch (error) {
    return explain(error, world);
  }
}

async function runCommand(words: readonly string[], world: World): Promise<number> {
  const first = words[0];
  if (first === "help" || first === "-h" || first === "--help") return help(words.slice(1), world);
  if (first === "--version" || first === "-V") return runCommand(["version", ...words.slice(1)], world);
  const named = first !== undefined && !first.startsWith("-");
  const entry = entryOf(named ? first : DEFAULT_COMMAND, world);
  const { command } = await entry.load();
  const line = parseLine(command, named ? words.slice(1) : words);
  if (line.help) return help([command.name], world);
  world.settings = line.settings;
  const reading = settingsOf(command, world);
  const mistakes = [...line.mistakes, ...(command.toleratesMistakes ? [] : reading.mistakes)];
  if (mistakes.length > 0) throw new UsageError(`${mistakes.join("\n")}\nSee: todos ${command.name} --help`);
  return command.run(commandContext({ ...world, line, reading }));
}

function settingsOf({ settings }: Pick<Command, "settings">, world: World): ConfigReading {
  const keys = settings === "all" ? {} : { keys: settings };
  const { configuration, settings: flags, stdout } = world;
  return configuration.read({ flags, terminal: stdout.isTerminal, ...keys });
}

async function help(words: readonly string[], world: World): Promise<number> {
  const pages = await import("./help.ts");
  const name = words.find((word) => !word.startsWith("-"));
  if (name === undefined) world.stdout.write(pages.overview(world.commands));
  else world.stdout.write(pages.commandHelp((await entryOf(name, world).load()).command));
  return EXIT_DONE;
}

function entryOf(name: string, { commands }: World): CommandEntry {
  const entry = commands.find((each) => each.name === name);
  if (entry) return entry;
  const names = [...commands.map((each) => each.name), "help"];
  throw new UsageError(`unknown command "${name}"${didYouMean(name, names)}\nSee: todos --help`);
}

/** Says what went wrong, on standard error, and gives the exit code for it. */
function explain(error: unknown, world: World): number {
  const { stderr } = world;
  if (error instanceof BrokenPipeError) return EXIT_DONE;
  try {
    if (error instanceof UsageError) {
      stderr.write(prefixed(error.message, stderr));
      return EXIT_USAGE;
    }
    stderr.write(prefixed(failure(error, isDetailed(world)), stderr));
  } catch (broken) {
    // The reader of the explanation is gone too; the exit code remains.
    if (!(broken instanceof BrokenPipeError)) throw broken;
  }
  return EXIT_FAILED;
}

/** Whether the log level asks for stacks; every command reads it, whether it logs or not. */
function isDetailed(world: World): boolean {
  const { logLevel } = settingsOf({ settings: ["logLevel"] }, world).config;
  return logLevel === "DEBUG" || logLevel === "TRACE";
}

function failure(error: unknown, detailed: boolean): string {
  const stack = detailed ? `\n${Bun.inspect(error)}` : "";
  if (error instanceof CommandError) {
    return `${error.message}${error.advice === undefined ? "" : `\n${error.advice}`}${stack}`;
  }
  if (error instanceof UnwritableOutputError) return `${error.message}${stack}`;
  if (error instanceof StoreOpenError || error instanceof TodosError) return `${error.message}${stack}`;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `this is a bug in todos: ${message}${stack || " (set TODOS_LOG_LEVEL=debug to see where)"}`;
}

function prefixed(text: string, { columns, isTerminal }: Output): string {
  return `${(isTerminal ? harmless(text) : text)
    .split("\n")
    .map((line, index) => wrapped(index === 0 ? `todos: ${line}` : `  ${line}`, columns))
    .join("\n")}\n`;
}
