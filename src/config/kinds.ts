import type { LogLevel } from "../application/ports.ts";
import { LOG_LEVELS } from "../application/ports.ts";
import { TRASH_DAYS_MAX } from "../domain/trash.ts";

/** How the text of one option is read. `undefined` from `parse` means that the text is not accepted. */
export interface Kind<T> {
  /** What is accepted, to follow "it must be". */
  readonly accepts: string;
  /** Placeholder for the value in help, as in `--port NUMBER`. */
  readonly placeholder: string;
  /** The accepted values, if they can be listed. */
  readonly choices?: readonly string[];
  parse(text: string): T | undefined;
  /** A value as documents show it, if that differs from the value itself. */
  show?(value: T): string;
}

const PORT_MAX = 65_535;
const DURATION_MS_MAX = 10 * 60 * 1_000;
/** Enough for every proxy and front end of one service, and a limit on the work per request. */
const LIST_ENTRIES_MAX = 100;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const WHOLE_NUMBER = /^\d{1,9}$/;

export const portKind: Kind<number> = {
  accepts: `a whole number from 0 to ${PORT_MAX} (0 picks a free port)`,
  placeholder: "PORT",
  parse: (text) => wholeNumber(text, PORT_MAX),
};

/** Port 0 of another host makes no sense. */
export const remotePortKind: Kind<number> = {
  accepts: `a whole number from 1 to ${PORT_MAX}`,
  placeholder: "PORT",
  parse: (text) => wholeNumber(text, PORT_MAX) || undefined,
};

export const durationMsKind: Kind<number> = {
  accepts: `a whole number of milliseconds from 0 to ${DURATION_MS_MAX}`,
  placeholder: "MS",
  parse: (text) => wholeNumber(text, DURATION_MS_MAX),
};

const SPAN_MS_MIN = 60_000;
const SPAN_MS_MAX = 3_650 * 24 * 60 * 60_000;
/** Longest first. */
const SPAN_UNITS = [
  ["d", 24 * 60 * 60_000],
  ["h", 60 * 60_000],
  ["m", 60_000],
] as const;

/** A time that people think of in minutes, hours or days. */
export const spanMsKind: Kind<number> = {
  accepts: "a whole number of minutes, hours or days from 1m to 3650d, such as 30m, 12h or 7d",
  placeholder: "TIME",
  parse: (text) => {
    const [, digits = "", unit] = /^(\d{1,7})([dhm])$/i.exec(text) ?? [];
    const unitMs = SPAN_UNITS.find(([name]) => name === unit?.toLowerCase())?.[1];
    if (unitMs === undefined) return undefined;
    const ms = Number(digits) * unitMs;
    return ms >= SPAN_MS_MIN && ms <= SPAN_MS_MAX ? ms : undefined;
  },
  show: (ms) => {
    const [name, unitMs] = SPAN_UNITS.find(([, each]) => ms % each === 0) ?? ["ms", 1];
    return `${ms / unitMs}${name}`;
  },
};

/** Source: RFC 3339, section 5.6, `date-time` in UTC. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

export const timeKind: Kind<string> = {
  accepts: "a time in UTC, such as 2026-03-01T12:00:00Z",
  placeholder: "TIME",
  parse: (text) => (TIME.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined),
};

export const trashDaysKind: Kind<number> = {
  accepts: `a whole number of days from 0 to ${TRASH_DAYS_MAX}`,
  placeholder: "DAYS",
  parse: (text) => wholeNumber(text, TRASH_DAYS_MAX),
};

export const booleanKind: Kind<boolean> = {
  accepts: "true or false",
  placeholder: "true|false",
  choices: ["true", "false"],
  parse: (text) => BOOLEANS.get(text.toLowerCase()),
};

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["false", false],
  ["0", false],
  ["no", false],
]);

export const hostKind: Kind<string> = {
  accepts: "an IP address or a host name, without a port",
  placeholder: "ADDRESS",
  parse: (text) => {
    const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
    if (ipBits(bare) !== undefined) return bare;
    // Only digits and dots means a mistyped address, which no resolver can find.
    return HOST_NAME.test(text) && !/^[\d.]+$/.test(text) ? text : undefined;
  },
};

export const allowedHostsKind: Kind<readonly string[]> = {
  accepts:
    "* or a list of host names and addresses separated by commas, without ports, such as todos.example, *.team.example",
  placeholder: "HOSTS",
  parse: (text) =>
    list(text, (entry) => (entry === "*" ? entry : (wildcard(entry) ?? hostKind.parse(entry)))),
};

function wildcard(entry: string): string | undefined {
  return entry.startsWith("*.") && hostKind.parse(entry.slice(2)) === entry.slice(2) ? entry : undefined;
}

export const endpointsKind: Kind<readonly string[]> = {
  accepts:
    "a list of host names or addresses separated by commas, without ports (that is CASSANDRA_PORT), or keyspaces",
  placeholder: "HOSTS",
  parse: (text) => {
    const hosts = list(text, hostKind.parse);
    return hosts && hosts.length > 1 && hosts.includes(KEYSPACES) ? undefined : hosts;
  },
};

/** Means the endpoint of Amazon Keyspaces in the region. */
export const KEYSPACES = "keyspaces";

export const regionKind: Kind<string> = {
  accepts: "the name of an AWS region, such as eu-central-1",
  placeholder: "REGION",
  parse: (text) => (/^[a-z]{2,}(-[a-z0-9]+)+$/.test(text) ? text : undefined),
};

export const keyspaceKind: Kind<string> = {
  accepts: "a lowercase letter followed by lowercase letters, digits and _, at most 48 characters in total",
  placeholder: "NAME",
  parse: (text) => (/^[a-z][a-z0-9_]{0,47}$/.test(text) ? text : undefined),
};

export const textKind: Kind<string> = {
  accepts: "text that is not empty",
  placeholder: "TEXT",
  parse: (text) => (text === "" || text.includes("\0") ? undefined : text),
};

export const databasePathKind: Kind<string> = {
  accepts: "the path of a file (:memory: and file: URIs are refused, because data must be on disk)",
  placeholder: "FILE",
  parse: (text) => (text.startsWith(":") || text.startsWith("file:") ? undefined : path(text)),
};

export const pathKind: Kind<string> = { accepts: "the path of a file", placeholder: "FILE", parse: path };

export const publicUrlKind: Kind<string> = {
  accepts: "an absolute http or https URL without user, query or fragment, such as https://todos.example/api",
  placeholder: "URL",
  parse: (text) => {
    const url = httpUrl(text);
    return url && /[?#]/.test(text) ? undefined : url?.href.replace(/\/+$/, "");
  },
};

export const issuerKind: Kind<string> = {
  accepts:
    "an absolute http or https URL without user, query or fragment, with or without a slash at its end",
  placeholder: "URL",
  // Unlike other URLs' a slash at its end counts: the provider's own description has it, or has it not.
  parse: (text) => {
    const url = publicUrlKind.parse(text);
    return url !== undefined && text.endsWith("/") ? `${url}/` : url;
  },
};

/** Names that mean something else. */
const TAKEN_HEADERS =
  /^(authorization|cookie|host|origin|referer|forwarded|x-forwarded-.*|todos-proxy-secret|sec-.*)$/i;

export const headerNameKind: Kind<string> = {
  accepts: "the name of a header of the proxy's own, of letters, digits and -, such as Remote-User",
  placeholder: "NAME",
  parse: (text) => (/^[a-z][a-z0-9-]{0,63}$/i.test(text) && !TAKEN_HEADERS.test(text) ? text : undefined),
};

export const sharedSecretKind: Kind<string> = {
  accepts: "16 to 512 printable ASCII characters without blanks",
  placeholder: "SECRET",
  parse: (text) => (/^[!-~]{16,512}$/.test(text) ? text : undefined),
};

export const tokenKind: Kind<string> = {
  accepts: "a token of printable ASCII characters without blanks",
  placeholder: "TOKEN",
  parse: (text) => (/^[!-~]{1,8192}$/.test(text) ? text : undefined),
};

export const originsKind: Kind<readonly string[]> = {
  accepts: "* or a list of origins separated by commas, such as https://app.example",
  placeholder: "ORIGINS",
  parse: (text) => (text.trim() === "*" ? ["*"] : list(text, origin)),
};

export const networksKind: Kind<readonly string[]> = {
  accepts: "a list of IP addresses and CIDR ranges separated by commas, such as 10.0.0.0/8, ::1",
  placeholder: "NETWORKS",
  parse: (text) => list(text, network),
};

export const logLevelKind: Kind<LogLevel> = {
  accepts: "one of off, error, warn, info, debug, trace",
  placeholder: "LEVEL",
  choices: LOG_LEVELS.map((level) => level.toLowerCase()),
  parse: (text) => LOG_LEVELS.find((level) => level === text.toUpperCase()),
  show: (level) => level.toLowerCase(),
};

/** One of a few words, in lower case. */
export function choiceKind<T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    accepts: `one of ${choices.join(", ")}`,
    placeholder: choices.join("|"),
    choices,
    parse: (text) => choices.find((choice) => choice === text.toLowerCase()),
  };
}

function wholeNumber(text: string, max: number): number | undefined {
  const value = Number(text);
  return WHOLE_NUMBER.test(text) && value <= max ? value : undefined;
}

function path(text: string): string | undefined {
  return text.includes("\0") || text.trim() === "" ? undefined : text;
}

function list<T>(text: string, parse: (entry: string) => T | undefined): readonly T[] | undefined {
  const entries = text.split(",").map((entry) => entry.trim());
  if (entries.length > LIST_ENTRIES_MAX) return undefined;
  const parsed = entries.map(parse);
  return parsed.every((entry) => entry !== undefined) ? (parsed as readonly T[]) : undefined;
}

function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  return url.username || url.password || !/^https?:\/\//i.test(text) ? undefined : url;
}

function origin(text: string): string | undefined {
  const url = httpUrl(text);
  return url && url.pathname === "/" && !/[?#]/.test(text) ? url.origin : undefined;
}

/** An address or range in CIDR notation: `10.0.0.1` becomes `10.0.0.1/32`. */
function network(text: string): string | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const bits = ipBits(address);
  if (bits === undefined || rest.length > 0) return undefined;
  const prefix = length === undefined ? bits : wholeNumber(length, bits);
  return prefix === undefined ? undefined : `${address.toLowerCase()}/${prefix}`;
}

/** 32 for an IPv4 address, 128 for an IPv6 one, `undefined` for anything else. */
export function ipBits(text: string): 32 | 128 | undefined {
  const octets = text.split(".");
  if (
    octets.length === 4 &&
    octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)
  ) {
    return 32;
  }
  // The URL parser knows every way to write an IPv6 address; node:net would cost the start-up its load time.
  return text.includes(":") && /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`)
    ? 128
    : undefined;
}
