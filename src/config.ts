import { type Ambient, REGISTRY_PASSWORD, REGISTRY_USER, readAmbient } from "./config/ambient.ts";
import { KEYSPACES } from "./config/kinds.ts";
import type { Config, ConfigKey, ConfigOptions } from "./config/options.ts";
import { CONFIG_KEYS, CONFIG_OPTIONS, optionOf, SECTIONS, shownValue } from "./config/options.ts";
import { NOTHING_GIVEN, type Reading, readOption, type Sources } from "./config/reading.ts";
import type { Environment, Given } from "./config/section.ts";
import { didYouMean } from "./lib/suggest.ts";

export { type Ambient, REGISTRY_PASSWORD, REGISTRY_USER } from "./config/ambient.ts";
export { DEPENDENT_ON_ENDPOINTS } from "./config/cassandra/contradictions.ts";
export { portInForce, serverNameInForce } from "./config/cassandra/in-force.ts";
export { asksForKeyspaces, keyspacesRegion, keyspacesService } from "./config/cassandra/keyspaces.ts";
export { KEYSPACES } from "./config/kinds.ts";
export type { Config, ConfigKey } from "./config/options.ts";

/** Of the variables that belong to this program alone. */
const PREFIX = "TODOS_";

/** Where one value came from. `origin` is the flag or variable that gave it, or `default`. */
export interface Provenance {
  readonly key: ConfigKey;
  readonly variable: string;
  /** What is in force: a number, true or false, or a text; null where nothing is set. Secrets are hidden. */
  readonly value: string | number | boolean | null;
  readonly source: Reading["source"];
  readonly origin: string;
}

export interface ConfigReading {
  /** A value that was a mistake is replaced by its default. */
  readonly config: Config;
  readonly provenance: readonly Provenance[];
  /** One sentence each; the program must not work with a configuration that has any. */
  readonly mistakes: readonly string[];
  /** One sentence each, about things that are odd and harmless. */
  readonly warnings: readonly string[];
}

interface Asked {
  /** The settings that matter now: only these are read. All where absent. */
  readonly keys?: readonly ConfigKey[];
}

/** Everything that the environment says. Nothing else in the program sees it. */
export interface Configuration {
  readonly ambient: Ambient;
  read(asked: Omit<Sources, "environment"> & Asked): ConfigReading;
  /** How to reach a keyspace of Amazon Keyspaces in that region: by the variables that say which way to go, and no others. */
  readKeyspaces(place: { readonly keyspace: string; readonly region: string }): ConfigReading;
}

/** The configuration of this process. */
export function processConfiguration(): Configuration {
  return configurationOf(process.env);
}

export function configurationOf(environment: Environment): Configuration {
  return {
    ambient: readAmbient(environment),
    read: (asked) => readConfig({ ...asked, environment }),
    readKeyspaces: ({ keyspace, region }) =>
      readConfig({
        flags: new Map(),
        terminal: false,
        environment: {
          CASSANDRA_ENDPOINTS: environment.CASSANDRA_ENDPOINTS || KEYSPACES,
          CASSANDRA_AUTH: "sigv4",
          CASSANDRA_KEYSPACE: keyspace,
          CASSANDRA_PORT: environment.CASSANDRA_PORT,
          CASSANDRA_SSL_CA: environment.CASSANDRA_SSL_CA,
          AWS_REGION: region,
        },
      }),
  };
}

/** Reads every setting, and finds every mistake rather than the first. Never throws. */
export function readConfig(
  { keys, ...sources }: Sources & Asked,
  options: ConfigOptions = CONFIG_OPTIONS,
): ConfigReading {
  const asks = (key: string): boolean => keys === undefined || keys.some((each) => each === key);
  const readings = CONFIG_KEYS.map((key) => {
    const given = asks(key) ? sources : { ...sources, ...NOTHING_GIVEN };
    return { key, ...readOption(optionOf(key, options), given) };
  });
  const values = Object.fromEntries(readings.map(({ key, value }) => [key, value]));
  const config = Object.freeze(values) as unknown as Config;
  const { environment } = sources;
  const inForce: Config = Object.assign({}, config, ...SECTIONS.map((section) => section.inForce?.(config)));
  const given: Given = { by: originsOf(readings), environment, asks };
  return {
    config,
    provenance: readings.map((reading) => provenanceOf(reading, inForce, options)),
    mistakes: [
      ...readings.flatMap(({ mistake }) => mistake ?? []),
      ...SECTIONS.flatMap((section) => section.contradictions?.(config, given) ?? []),
    ],
    warnings: [
      ...unknownVariables(environment, options),
      ...SECTIONS.flatMap((section) => section.oddities?.(config, given) ?? []),
    ],
  };
}

type KeyedReading = Reading & { readonly key: ConfigKey };

function provenanceOf(
  { key, source, origin }: KeyedReading,
  inForce: Config,
  options: ConfigOptions,
): Provenance {
  const { secret, variables, kind } = optionOf(key, options);
  const value: unknown = inForce[key];
  const isSet = value !== undefined && !(Array.isArray(value) && value.length === 0);
  const isPlain = (typeof value === "number" || typeof value === "boolean") && kind.show === undefined;
  const plain = isPlain ? value : shownValue(key, value);
  const shown = secret ? "(hidden)" : plain;
  return { key, variable: variables[0], value: isSet ? shown : null, source, origin };
}

/** By setting, the flag or variable that gave it; nothing for defaults. */
function originsOf(readings: readonly KeyedReading[]): ReadonlyMap<string, string> {
  const given = readings.filter(({ source }) => source !== "default");
  return new Map(given.map(({ key, origin }) => [key, origin]));
}

function unknownVariables(environment: Environment, options: ConfigOptions): string[] {
  const ofSettings = Object.values(options).flatMap((option) => option.variables);
  const known = [...ofSettings, REGISTRY_USER, REGISTRY_PASSWORD].filter((name) => name.startsWith(PREFIX));
  const unknown = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  return unknown.map((name) => `unknown variable ${name} has no effect${didYouMean(name, known, PREFIX)}`);
}
