import { didYouMean } from "../lib/suggest.ts";
import type { ConfigOption, Environment } from "./section.ts";

export interface Sources {
  /** Texts given as flags, by the flag's name without dashes. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Environment;
  /** True where standard output is a terminal. */
  readonly terminal: boolean;
}

/** For a setting that the command does not read. */
export const NOTHING_GIVEN = { flags: new Map<string, string>(), environment: {} };

/** The value of one setting, and where it came from. */
export interface Reading {
  /** The default if the text was a mistake. */
  readonly value: unknown;
  readonly source: "flag" | "environment" | "default";
  /** The flag or variable that gave it, or `default`. */
  readonly origin: string;
  readonly mistake?: string;
}

export function readOption(
  option: ConfigOption<unknown>,
  { flags, environment, terminal }: Sources,
): Reading {
  const flagText = option.secret ? undefined : flags.get(option.flag);
  if (flagText !== undefined) return readText(option, flagText, "flag", `--${option.flag}`, terminal);
  // An empty variable counts as unset: compose files and task definitions leave one out that way.
  const variable = option.variables.find((name) => environment[name]);
  const text = variable === undefined ? undefined : environment[variable];
  if (variable === undefined || text === undefined) {
    const implied = option.implied?.(environment);
    if (implied) return readText(option, implied.text, "environment", implied.origin, terminal);
    return { value: option.fallback(terminal), source: "default", origin: "default" };
  }
  return readText(option, text, "environment", variable, terminal);
}

function readText(
  option: ConfigOption<unknown>,
  text: string,
  source: Reading["source"],
  origin: string,
  terminal: boolean,
): Reading {
  const value = option.kind.parse(option.secret ? text : text.trim());
  if (value !== undefined) return { value: Object.freeze(value), source, origin };
  const shown = option.secret ? "not acceptable" : JSON.stringify(text);
  const hint = option.kind.choices ? didYouMean(text, option.kind.choices) : "";
  const mistake = `${origin} is ${shown}; it must be ${option.kind.accepts}${hint}`;
  return { value: option.fallback(terminal), source, origin, mistake };
}
