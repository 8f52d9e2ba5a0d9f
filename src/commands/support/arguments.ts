import { CONFIG_KEYS, CONFIG_OPTIONS } from "../../config/options.ts";
import { didYouMean, nearest } from "../../lib/suggest.ts";
import type { Command, CommandOption } from "./command.ts";
import { DEFAULT_COMMAND } from "./command.ts";

/** A parsed command line. */
export interface ParsedLine {
  readonly args: readonly string[];
  /** The command's own switches and values; a switch has the value `true`. */
  readonly own: ReadonlyMap<string, string>;
  /** Settings of the program, by flag. */
  readonly settings: ReadonlyMap<string, string>;
  readonly help: boolean;
  /** One sentence per mistake. */
  readonly mistakes: readonly string[];
}

/** A flag that a command takes, whether its own or a setting of the program. */
export interface Flag extends CommandOption {
  readonly setting: boolean;
  /** A switch may also be written `--name=false`. */
  readonly valueOptional: boolean;
}

export const HELP_FLAG: CommandOption = { name: "help", description: "show this help" };
const FLAGS_OF_ALL = [HELP_FLAG.name, "version"];

/** Every flag of a command, its own first. */
export function flagsOf(command: Pick<Command, "options" | "settings">): readonly Flag[] {
  const own = command.options.map((option) => ({ ...option, setting: false, valueOptional: false }));
  const keys = command.settings === "all" ? CONFIG_KEYS : command.settings;
  const settings = keys
    .filter((key) => !CONFIG_OPTIONS[key].secret)
    .map((key) => {
      const { flag, kind, description } = CONFIG_OPTIONS[key];
      const valueOptional = kind.choices?.includes("true") ?? false;
      const choices = kind.choices ? { choices: kind.choices } : {};
      return {
        name: flag,
        description,
        placeholder: kind.placeholder,
        ...choices,
        setting: true,
        valueOptional,
      };
    });
  return [...own, ...settings];
}

/** Parses `words` (what follows the command's name), and finds every mistake rather than the first. */
export function parseLine(command: Command, words: readonly string[]): ParsedLine {
  const flags = new Map(flagsOf(command).map((flag) => [flag.name, flag]));
  const line = { args: [] as string[], own: new Map<string, string>(), settings: new Map<string, string>() };
  const mistakes: string[] = [];
  let help = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") {
      line.args.push(...words.slice(index + 1));
      break;
    }
    if (word === "-h" || word === "--help") help = true;
    else if (!word.startsWith("-") || word === "-") line.args.push(word);
    else index += takeFlag(word, words[index + 1], flags, line, mistakes);
  }
  return { ...line, help, mistakes: [...mistakes, ...argumentMistakes(command, line.args)] };
}

/** @returns how many words beyond the flag itself it took */
function takeFlag(
  word: string,
  next: string | undefined,
  flags: ReadonlyMap<string, Flag>,
  line: { readonly own: Map<string, string>; readonly settings: Map<string, string> },
  mistakes: string[],
): number {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = word.startsWith("--") ? flags.get(name) : undefined;
  if (!flag) {
    const shown = equals < 0 ? word : word.slice(0, equals);
    const meant = shown.startsWith("--") ? nearest(name, [...flags.keys(), ...FLAGS_OF_ALL]) : undefined;
    mistakes.push(`unknown flag ${shown}${meant === undefined ? "" : `; did you mean --${meant}?`}`);
    // The value of a misspelt flag is not a separate mistake.
    return equals < 0 && hasValue(flags.get(meant ?? ""), next) ? 1 : 0;
  }
  const target = flag.setting ? line.settings : line.own;
  if (target.has(name)) mistakes.push(`--${name} is given more than once`);
  if (equals >= 0) {
    if (flag.placeholder === undefined) mistakes.push(`--${name} takes no value`);
    target.set(name, word.slice(equals + 1));
    return 0;
  }
  if (flag.placeholder === undefined || flag.valueOptional) {
    target.set(name, "true");
    return 0;
  }
  if (!hasValue(flag, next)) {
    mistakes.push(`--${name} needs a value: --${name} ${flag.placeholder}`);
    return 0;
  }
  target.set(name, next);
  return 1;
}

function hasValue(flag: Flag | undefined, next: string | undefined): next is string {
  if (flag?.placeholder === undefined || flag.valueOptional) return false;
  return next !== undefined && !next.startsWith("--");
}

function argumentMistakes(command: Command, args: readonly string[]): string[] {
  const mistakes: string[] = [];
  command.arguments.forEach((argument, index) => {
    const given = args[index];
    if (given === undefined) {
      if (argument.required) mistakes.push(`${argument.name} is missing: ${argument.description}`);
    } else if (argument.choices && !argument.choices.includes(given)) {
      const accepted = argument.choices.join(", ");
      mistakes.push(
        `${argument.name} is "${given}"; it must be one of ${accepted}${didYouMean(given, argument.choices)}`,
      );
    }
  });
  for (const extra of args.slice(command.arguments.length)) {
    mistakes.push(`unexpected argument "${extra}": ${tooMany(command)}`);
  }
  return mistakes;
}

function tooMany(command: Command): string {
  if (command.name === DEFAULT_COMMAND) return "the command comes first, then its flags";
  return command.arguments.length === 0
    ? `${command.name} takes none`
    : `${command.name} takes ${command.arguments.length}`;
}
