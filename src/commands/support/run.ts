import { StoreOpenError } from "../../application/store-open-error.ts";
import type { ConfigReading, Configuration } from "../../config.ts";
import { TodosError } from "../../domain/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { harmless } from "../../lib/terminal.ts";
import { parseLine } from "./arguments.ts";
import type { Command, CommandEntry, Output, Signals } from "./command.ts";
import {
  CommandError,
  DEFAULT_COMMAND,
  EXIT_BY_SIGNAL,
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_USAGE,
  UsageError,
} from "./command.ts";
import { commandContext } from "./context.ts";
import { BrokenPipeError, UnwritableOutputError } from "./output.ts";
import { COMMANDS } from "./table.ts";
import { wrapped } from "./wrap.ts";

/** The program's environment. */
export interface Surroundings {
  readonly configuration: Configuration;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signals: Signals;
}

interface World extends Surroundings {
  readonly commands: readonly CommandEntry[];
  /** Settings given as flags, by flag; none before the command line is parsed. */
  settings: ReadonlyMap<string, string>;
}

/** Runs the command line. @param words the command line after the program's name @returns the exit code */
export async function runLine(
  words: readonly string[],
  surroundings: Surroundings,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<number> {
  const world: World = { ...surroundings, commands, settings: new Map() };
  try {
    return await runCommand(words, world);
  } catch (error) {
    return explain(error, words, world);
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
  if (mistakes.length > 0) throw new UsageError(mistakes.join("\n"), `See: todos ${command.name} --help`);
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
  const { columns } = world.stdout;
  if (name === undefined) world.stdout.write(pages.overview(world.commands, columns));
  else world.stdout.write(pages.commandHelp((await entryOf(name, world).load()).command, columns));
  return EXIT_DONE;
}

function entryOf(name: string, { commands }: World): CommandEntry {
  const entry = commands.find((each) => each.name === name);
  if (entry) return entry;
  const names = [...commands.map((each) => each.name), "help"];
  throw new UsageError(`unknown command "${name}"${didYouMean(name, names)}`, "See: todos --help");
}

/** A failure for programs, with `--json`; people read the same on standard error. */
interface Failure {
  /** `usage`, `bug`, or a word of the command's own. */
  readonly code: string;
  readonly message: string;
  readonly advice?: string | undefined;
}

/**
 * Reports what went wrong, on standard error, and with `--json` also on standard output.
 * @returns the exit code for it
 */
function explain(error: unknown, words: readonly string[], world: World): number {
  // A closed terminal also sends SIGHUP, which may come later than the error.
  if (error instanceof BrokenPipeError) return error.isTerminal ? EXIT_BY_SIGNAL.SIGHUP : EXIT_DONE;
  const failure = failureOf(error);
  try {
    world.stderr.write(prefixed(textOf(failure, error, world), world.stderr));
    if (asksForJson(words)) world.stdout.write(`${JSON.stringify({ event: "failed", ...failure })}\n`);
  } catch (broken) {
    // The reader of the explanation is gone too, or it can't be written; the exit code remains.
    if (!(broken instanceof BrokenPipeError || broken instanceof UnwritableOutputError)) throw broken;
  }
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

/** From the words alone: the line may be too broken to parse. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end).includes("--json");
}

/** Whether the log level requests stack traces; every command reads it, whether it logs or not. */
function isDetailed(world: World): boolean {
  const { logLevel } = settingsOf({ settings: ["logLevel"] }, world).config;
  return logLevel === "DEBUG" || logLevel === "TRACE";
}

function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { code: "usage", message: error.message, advice: error.advice };
  if (error instanceof CommandError) {
    return { code: error.code, message: error.message, advice: error.advice };
  }
  if (error instanceof UnwritableOutputError) return { code: "output", message: error.message };
  if (error instanceof StoreOpenError) return { code: "store", message: error.message };
  if (error instanceof TodosError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "bug", message: `this is a bug in todos: ${message}` };
}

function textOf({ code, message, advice }: Failure, error: unknown, world: World): string {
  const detailed = !(error instanceof UsageError) && isDetailed(world);
  const hint = code === "bug" && !detailed ? " (set TODOS_LOG_LEVEL=debug to see where)" : "";
  const lines = advice === undefined ? "" : `\n${advice}`;
  return `${message}${hint}${lines}${detailed ? `\n${Bun.inspect(error)}` : ""}`;
}

function prefixed(text: string, { columns, isTerminal }: Output): string {
  return `${(isTerminal ? harmless(text) : text)
    .split("\n")
    .map((line, index) => wrapped(index === 0 ? `todos: ${line}` : `  ${line}`, columns))
    .join("\n")}\n`;
}
