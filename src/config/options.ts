import { ADDRESS, type AddressConfig } from "./address.ts";
import { API, type ApiConfig } from "./api.ts";
import { AUTH, type AuthConfig } from "./auth.ts";
import type { CassandraConfig } from "./cassandra/settings.ts";
import { CASSANDRA } from "./cassandra.ts";
import { DRAINING, type DrainingConfig } from "./draining.ts";
import { IDENTITY, type IdentityConfig } from "./identity.ts";
import { LOGGING, type LoggingConfig } from "./logging.ts";
import type { ConfigOption, Section } from "./section.ts";
import { SQLITE, type SqliteConfig } from "./sqlite.ts";
import { TLS, type TlsConfig } from "./tls.ts";

/** The program's settings, checked. Times in milliseconds. */
export interface Config
  extends AddressConfig,
    SqliteConfig,
    CassandraConfig,
    ApiConfig,
    AuthConfig,
    IdentityConfig,
    TlsConfig,
    LoggingConfig,
    DrainingConfig {}

export type ConfigKey = keyof Config;
export type ConfigOptions = Section<Config>["options"];

/** In the order in which documents show them. Each section checks its own settings. */
export const SECTIONS: readonly Pick<Section<Config>, "inForce" | "contradictions" | "oddities">[] = [
  ADDRESS,
  SQLITE,
  CASSANDRA,
  API,
  AUTH,
  IDENTITY,
  TLS,
  LOGGING,
  DRAINING,
];

/** Every setting, in the order in which documents show them. */
export const CONFIG_OPTIONS: ConfigOptions = {
  ...ADDRESS.options,
  ...SQLITE.options,
  ...CASSANDRA.options,
  ...API.options,
  ...AUTH.options,
  ...IDENTITY.options,
  ...TLS.options,
  ...LOGGING.options,
  ...DRAINING.options,
};

export const CONFIG_KEYS = Object.keys(CONFIG_OPTIONS) as readonly ConfigKey[];

/** A value of one setting as documents and `todos config` show it. */
export function shownValue(key: ConfigKey, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "none";
  if (Array.isArray(value)) return value.join(", ");
  return optionOf(key).kind.show?.(value) ?? String(value);
}

/** The option without the type of its value, for code that treats all alike. */
export function optionOf(key: ConfigKey, options: ConfigOptions = CONFIG_OPTIONS): ConfigOption<unknown> {
  return options[key] as ConfigOption<unknown>;
}
