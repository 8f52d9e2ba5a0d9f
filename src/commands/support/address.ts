import type { Config } from "../../config.ts";

/** Addresses that mean "all of this host" when listening; a client on the host takes the loopback instead. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Where a program on this host reaches the service, without a slash at the end. */
export function localAddress({ host, port, tlsCert }: Pick<Config, "host" | "port" | "tlsCert">): string {
  const reachable = LOOPBACK_OF[host] ?? host;
  const bracketed = reachable.includes(":") ? `[${reachable}]` : reachable;
  return `${tlsCert === undefined ? "http" : "https"}://${bracketed}:${port}`;
}

/** Bun reports certificate errors as codes with OpenSSL's names. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Whether a server answered with an untrusted certificate. */
export function isUntrusted(error: unknown): boolean {
  return UNTRUSTED.test(codeOf(error));
}

/** Why there was no answer from an address, in words. */
export function whyUnreachable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const code = codeOf(error);
  if (isUntrusted(error)) return `its certificate is not trusted (${code})`;
  if (code === "ConnectionRefused" || code === "ECONNREFUSED") return "connection refused";
  return code === "" || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
