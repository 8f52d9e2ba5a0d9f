import type { Given } from "../../../application/accounts/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";

/** Over TLS: no other host, also no sibling subdomain, can set it. */
const SECURE_NAME = "__Host-todos";
const PLAIN_NAME = "todos";
const BEARER = /^Bearer +([^\s]+) *$/i;

/** What the request says about who sends it. A token counts nowhere but in Authorization. */
export function credentialsIn(x: Exchange): Given {
  const authorization = x.headers.get("authorization");
  if (authorization !== null) return { bearer: BEARER.exec(authorization)?.[1] ?? "" };
  return { session: cookieIn(x.headers.get("cookie") ?? "", nameFor(x)) };
}

/** A cookie with the session's secret. @param maxAgeMs how long it can be good at most */
export function sessionCookie(x: Exchange, secret: string, maxAgeMs: number): string {
  return cookie(x, secret, Math.floor(maxAgeMs / 1_000));
}

/** Makes the browser forget its session. */
export function noCookie(x: Exchange): string {
  return cookie(x, "", 0);
}

function cookie(x: Exchange, value: string, maxAgeS: number): string {
  const secure = isSecure(x) ? "; Secure" : "";
  return `${nameFor(x)}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
}

/** The first of that name; browsers send the one with the longest path first. */
function cookieIn(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const [key = "", value = ""] = pair.split("=", 2);
    if (key.trim() === name) return value.trim();
  }
  return undefined;
}

function nameFor(x: Exchange): string {
  return isSecure(x) ? SECURE_NAME : PLAIN_NAME;
}

function isSecure(x: Exchange): boolean {
  return x.base.url.startsWith("https:");
}
