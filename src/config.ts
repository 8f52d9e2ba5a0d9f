import { cassandraMistakes, cassandraWarnings, profileOfAws } from "./config/cassandra.ts";
import type { Config, ConfigKey, ConfigOption, ConfigOptions, Environment } from "./config/options.ts";
import { CONFIG_KEYS, CONFIG_OPTIONS, optionOf, shownValue } from "./config/options.ts";
import { didYouMean } from "./config/suggest.ts";

export { asksForKeyspaces, DEPENDENT_ON_ENDPOINTS, keyspacesRegion } from "./config/cassandra.ts";
export { KEYSPACES } from "./config/kinds.ts";
export type { Config, ConfigKey, Environment } from "./config/options.ts";

/** Where one value came from. `origin` is the flag or variable that gave it, or `default`. */
export interface Provenance {
  readonly key: ConfigKey;
  readonly variable: string;
  readonly value: string;
  readonly source: "flag" | "environment" | "default";
  readonly origin: string;
}

export interface ConfigReading {
  /** Where a value was a mistake, its default stands. */
  readonly config: Config;
  readonly provenance: readonly Provenance[];
  /** One sentence each; the program must not work with a configuration that has any. */
  readonly mistakes: readonly string[];
  /** One sentence each, about things that are odd and harmless. */
  readonly warnings: readonly string[];
}

export interface ConfigSources {
  /** Texts given as flags, by the flag's name without dashes. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Environment;
  /** True where standard output is a terminal. */
  readonly terminal: boolean;
  /** The settings that matter now: only these are read. All where absent. */
  readonly keys?: readonly ConfigKey[];
}

/** Variables of the program that are not settings of the service. */
const OTHER_VARIABLES: readonly string[] = ["TODOS_REGISTRY_USER", "TODOS_REGISTRY_PASSWORD"];

/** The process's environment; nothing else in the program looks at it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Reads every setting, and finds every mistake rather than the first. Never throws. */
export function readConfig(sources: ConfigSources, options: ConfigOptions = CONFIG_OPTIONS): ConfigReading {
  const mistakes: string[] = [];
  const provenance: Provenance[] = [];
  const config: Record<string, unknown> = {};
  for (const key of CONFIG_KEYS) {
    const option = optionOf(key, options);
    const asked = sources.keys === undefined || sources.keys.includes(key);
    const reading = readOption(option, asked ? sources : { ...sources, ...NOTHING_GIVEN });
    if (reading.mistake !== undefined) mistakes.push(reading.mistake);
    config[key] = reading.value;
    const value = option.secret && reading.value !== undefined ? "(hidden)" : shownValue(key, reading.value);
    provenance.push({
      key,
      variable: option.variables[0],
      value,
      source: reading.source,
      origin: reading.origin,
    });
  }
  const checked = Object.freeze(config) as unknown as Config;
  const asks = (key: ConfigKey): boolean => sources.keys?.includes(key) ?? true;
  const givenBy = origins(provenance);
  return {
    config: checked,
    provenance,
    mistakes: [
      ...mistakes,
      ...contradictions(checked, provenance),
      ...(asks("cassandraEndpoints") ? cassandraMistakes(checked, givenBy, sources.environment) : []),
      ...(asks("sqlitePath") && !asks("cassandraEndpoints") ? otherStore(givenBy, sources.environment) : []),
    ],
    warnings: [
      ...unknownVariables(sources.environment, options),
      ...(asks("cassandraEndpoints") ? cassandraWarnings(checked, givenBy) : []),
    ],
  };
}

/** By setting, the flag or variable that gave it; nothing for defaults. */
function origins(provenance: readonly Provenance[]): ReadonlyMap<ConfigKey, string> {
  const given = provenance.filter(({ source }) => source !== "default");
  return new Map(given.map(({ key, origin }) => [key, origin]));
}

/** A command that knows SQLite only must not work on a file that nobody serves. A file named by flag is meant. */
function otherStore(givenBy: ReadonlyMap<ConfigKey, string>, environment: Environment): string[] {
  const asks = environment.CASSANDRA_ENDPOINTS ? "CASSANDRA_ENDPOINTS" : profileOfAws(environment)?.origin;
  if (!asks || givenBy.get("sqlitePath")?.startsWith("--")) return [];
  return [
    `${asks} says that the data is in Cassandra, and this command works on SQLite only; name a file with --sqlite to mean that one`,
  ];
}

const NOTHING_GIVEN = { flags: new Map<string, string>(), environment: {} };

interface Reading {
  readonly value: unknown;
  readonly source: Provenance["source"];
  readonly origin: string;
  readonly mistake?: string;
}

function readOption(option: ConfigOption<unknown>, { flags, environment, terminal }: ConfigSources): Reading {
  const flagText = option.secret ? undefined : flags.get(option.flag);
  if (flagText !== undefined) return readText(option, flagText, "flag", `--${option.flag}`, terminal);
  // An empty variable counts as unset: that is how compose files and task definitions leave one out.
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
  source: Provenance["source"],
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

/** Mistakes that only two settings together make. */
function contradictions(config: Config, provenance: readonly Provenance[]): string[] {
  const found: string[] = [];
  const origin = (key: ConfigKey): string =>
    provenance.find((entry) => entry.key === key)?.origin ?? "default";
  const given = (key: ConfigKey): boolean => origin(key) !== "default";
  if (given("tlsCert") && !given("tlsKey")) {
    found.push(
      `${origin("tlsCert")} is given without TODOS_TLS_KEY (--tls-key); HTTPS needs both, HTTP neither`,
    );
  }
  if (given("tlsKey") && !given("tlsCert")) {
    found.push(
      `${origin("tlsKey")} is given without TODOS_TLS_CERT (--tls-cert); HTTPS needs both, HTTP neither`,
    );
  }
  if (
    config.managementPort !== undefined &&
    config.managementPort !== 0 &&
    config.managementPort === config.port
  ) {
    found.push(
      `TODOS_MANAGEMENT_PORT and TODOS_PORT are both ${config.port}; give the management port another number, or leave it out`,
    );
  }
  return found;
}

function unknownVariables(environment: Environment, options: ConfigOptions): string[] {
  const known = [...Object.values(options).flatMap((option) => option.variables), ...OTHER_VARIABLES];
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith("TODOS_") && !known.includes(name),
  );
  return unknown.map((name) => `${name} is no setting of todos and has no effect${didYouMean(name, known)}`);
}
