import { booleanKind } from "../../config/kinds.ts";
import { CONFIG_KEYS, optionOf, shownValue } from "../../config/options.ts";
import { wrappedRows } from "../../lib/wrap.ts";
import type { Flag } from "./arguments.ts";
import { flagsOf, HELP_FLAG } from "./arguments.ts";
import type { Command, CommandEntry } from "./command.ts";

/** Longer lines are hard to read. */
const LINE_COLUMNS_MAX = 100;
/** In a narrower terminal, lines are wrapped at this many columns. */
const LINE_COLUMNS_MIN = 40;
const LEFT_COLUMNS_MAX = 34;
/** If there is less room next to the names, descriptions go below them. */
const RIGHT_COLUMNS_MIN = 24;
const INDENT = " ".repeat(2);

/** What `todos --help` prints. @param terminalColumns undefined: there is no terminal */
export function overview(entries: readonly CommandEntry[], terminalColumns?: number): string {
  const width = widthOf(terminalColumns);
  const commands = entries.map(({ name, summary }): Row => [name, summary]);
  return [
    "todos: a to-do service in one executable.",
    "",
    "Usage: todos [command] [arguments] [flags]",
    "",
    "Commands:",
    ...columns(commands, width),
    "",
    "Flags:",
    ...columns(
      [
        ["-h, --help", "show help, also for a command"],
        ["--version", "print the version"],
      ],
      width,
    ),
    "",
    "Examples:",
    ...columns(
      [
        ["todos", "serve data/todos.db at http://127.0.0.1:8181"],
        ["todos --port 9000", "serve on another port"],
        ["todos help serve", "show every flag and variable of the service"],
        ["todos doctor", "find out why something does not work"],
      ],
      width,
    ),
    "",
    ...wrappedRows(EXIT_CODES, width),
    "",
  ].join("\n");
}

const EXIT_CODES =
  "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted (143 by SIGTERM).";

/** What `todos help X` and `todos X --help` print. @param terminalColumns undefined: there is no terminal */
export function commandHelp(command: Command, terminalColumns?: number): string {
  const width = widthOf(terminalColumns);
  const flags = flagsOf(command);
  const title = wrappedRows(`todos ${command.name}: ${command.summary}.`, width);
  const lines = [...title, "", ...wrappedRows(`Usage: ${usageLine(command)}`, width)];
  if (command.details)
    lines.push("", ...command.details.split("\n").flatMap((line) => wrappedRows(line, width)));
  const argumentRows = command.arguments.map(({ name, description }): Row => [name, description]);
  if (argumentRows.length > 0) lines.push("", "Arguments:", ...columns(argumentRows, width));
  const own = [...flags.filter((flag) => !flag.setting).map(flagRow), flagRow(HELP_FLAG)];
  lines.push("", "Flags:", ...columns(own, width));
  const settings = CONFIG_KEYS.filter((key) => command.settings === "all" || command.settings.includes(key));
  if (settings.length > 0) {
    lines.push(
      "",
      ...wrappedRows("Settings (flags override variables, variables override defaults):", width),
    );
    lines.push(...columns(settings.map(settingRow), width));
  }
  const examples = command.examples.map(({ line, does }): Row => [line, does]);
  lines.push("", "Examples:", ...columns(examples, width), "");
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

/** Two columns; a left side that is too long gets its own line, and all do if there is little room. */
function columns(rows: readonly Row[], width: number): string[] {
  const names = Math.min(LEFT_COLUMNS_MAX, Math.max(...rows.map(([text]) => text.length)));
  const isNarrow = width - names - 2 * INDENT.length < RIGHT_COLUMNS_MIN;
  const margin = isNarrow ? INDENT.repeat(3) : " ".repeat(names + 2 * INDENT.length);
  return rows.flatMap(([name, text]) => {
    const lines = wrappedRows(text, width - margin.length).map((line) => `${margin}${line}`);
    if (isNarrow || name.length > names) return [`${INDENT}${name}`, ...lines];
    return [
      `${INDENT}${name.padEnd(names)}${(lines[0] ?? "").slice(names + INDENT.length)}`,
      ...lines.slice(1),
    ];
  });
}

function widthOf(terminalColumns = LINE_COLUMNS_MAX): number {
  return Math.min(LINE_COLUMNS_MAX, Math.max(LINE_COLUMNS_MIN, terminalColumns));
}
