import { booleanKind } from "../../config/kinds.ts";
import { CONFIG_KEYS, optionOf, shownValue } from "../../config/options.ts";
import { wrappedRows } from "../../lib/wrap.ts";
import type { Flag } from "./arguments.ts";
import { flagsOf, HELP_FLAG } from "./arguments.ts";
import type { Command, CommandEntry } from "./command.ts";

const DOCUMENT_WIDTH_CHARS = 100;

/** What `todos --help` prints. */
export function overview(entries: readonly CommandEntry[]): string {
  const commands = entries.map(({ name, summary }): Row => [name, summary]);
  return [
    "todos: a to-do service in one executable.",
    "",
    "Usage: todos [command] [arguments] [flags]",
    "",
    "Commands:",
    ...columns(commands),
    "",
    "Flags:",
    ...columns([
      ["-h, --help", "show help, also for a command"],
      ["--version", "print the version"],
    ]),
    "",
    "Examples:",
    ...columns([
      ["todos", "serve data/todos.db at http://127.0.0.1:8181"],
      ["todos --port 9000", "serve on another port"],
      ["todos help serve", "show every flag and variable of the service"],
      ["todos doctor", "find out why something does not work"],
    ]),
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted (143 by SIGTERM).",
    "",
  ].join("\n");
}

/** What `todos help X` and `todos X --help` print. */
export function commandHelp(command: Command): string {
  const flags = flagsOf(command);
  const lines = [`todos ${command.name}: ${command.summary}.`, "", `Usage: ${usageLine(command)}`];
  if (command.details)
    lines.push("", ...command.details.split("\n").flatMap((line) => wrappedRows(line, DOCUMENT_WIDTH_CHARS)));
  const argumentRows = command.arguments.map(({ name, description }): Row => [name, description]);
  if (argumentRows.length > 0) lines.push("", "Arguments:", ...columns(argumentRows));
  const own = [...flags.filter((flag) => !flag.setting).map(flagRow), flagRow(HELP_FLAG)];
  lines.push("", "Flags:", ...columns(own));
  const settings = CONFIG_KEYS.filter((key) => command.settings === "all" || command.settings.includes(key));
  if (settings.length > 0) {
    lines.push("", "Settings (flags override variables, variables override defaults):");
    lines.push(...columns(settings.map(settingRow)));
  }
  lines.push("", "Examples:", ...columns(command.examples.map(({ line, does }): Row => [line, does])), "");
  return lines.join("\n");
}

export function usageLine(command: Command): string {
  const words = command.arguments.map(({ name, required }) => (required ? name : `[${name}]`));
  return ["todos", command.name, ...words, "[flags]"].join(" ");
}

type Row = readonly [string, string];

function flagRow(flag: Pick<Flag, "name" | "placeholder" | "description">): Row {
  return [`--${flag.name}${flag.placeholder ? ` ${flag.placeholder}` : ""}`, flag.description];
}

function settingRow(key: (typeof CONFIG_KEYS)[number]): Row {
  const option = optionOf(key);
  const fallback = option.fallbackText ?? shownValue(key, option.fallback(false));
  const variables = option.variables.join(", else ");
  if (option.secret)
    return [option.variables[0], `${option.description} (variable only; default: ${fallback})`];
  return [
    `--${option.flag}${option.kind === booleanKind ? `[=${option.kind.placeholder}]` : ` ${option.kind.placeholder}`}`,
    `${option.description} (${variables}; default: ${fallback})`,
  ];
}

/** Two columns; a left side that is too long gets a line of its own. */
function columns(rows: readonly Row[]): string[] {
  const leftCharsMax = 34;
  const left = Math.min(leftCharsMax, Math.max(...rows.map(([text]) => text.length)));
  return rows.flatMap(([name, text]) => {
    const [first = "", ...rest] = wrappedRows(text, DOCUMENT_WIDTH_CHARS - left - 4);
    const lines = rest.map((line) => `${" ".repeat(left + 4)}${line}`);
    return name.length > left
      ? [`  ${name}`, `${" ".repeat(left + 4)}${first}`, ...lines]
      : [`  ${name.padEnd(left)}  ${first}`, ...lines];
  });
}
