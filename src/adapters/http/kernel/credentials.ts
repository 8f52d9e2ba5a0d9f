import type { Given } from "../../../application/accounts/ports.ts";
import type { LinkBase } from "./links.ts";
import { Memo } from "./memo.ts";

/** A browser takes a cookie with this prefix over HTTPS and from this very host alone. */
const SECURE_COOKIE = "__Host-todos";
const PLAIN_COOKIE = "todos";

const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

export function credentialsIn(headers: Headers, base: LinkBase): Given {
  const authorization = headers.get("authorization");
  const given = authorization === null ? NOTHING : bearers.of(authorization);
  if (given !== NOTHING) return given;
  const cookies = headers.get("cookie");
  return cookies === null ? NOTHING : sessions[cookieName(base)].of(cookies);
}

const NOTHING: Given = {};

const bearers = new Memo((authorization): Given => {
  const bearer = BEARER.exec(authorization)?.[1];
  if (bearer !== undefined) return { bearer };
  // Something that is no bearer counts as a wrong one.
  return /^bearer\b/i.test(authorization) ? { bearer: "" } : NOTHING;
});

const sessions = {
  [SECURE_COOKIE]: new Memo((cookies) => sessionIn(cookies, SECURE_COOKIE)),
  [PLAIN_COOKIE]: new Memo((cookies) => sessionIn(cookies, PLAIN_COOKIE)),
};

function sessionIn(cookies: string, name: string): Given {
  const session = cookieIn(cookies, name);
  return session === undefined ? NOTHING : { session };
}

/**
 * The value of the cookie. Of two with the name none counts: a sibling domain may have set one of them, and which comes
 * first says nothing.
 */
function cookieIn(header: string, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    // Other blanks belong to the name: taking them off would let a sibling domain get around the prefix.
    if (equals < 0 || pair.slice(0, equals).replace(/^[ \t]+|[ \t]+$/g, "") !== name) continue;
    if (found !== undefined) return undefined;
    found = pair.slice(equals + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  }
  return found;
}

/** The value of Set-Cookie for a new session. @param maxAgeS how long the browser keeps it */
export function sessionCookie(base: LinkBase, secret: string, maxAgeS: number): string {
  return setCookie(cookieName(base), base, secret, maxAgeS);
}

/** The value of Set-Cookie that makes a browser forget its session. */
export function endedCookie(base: LinkBase): string {
  return sessionCookie(base, "", 0);
}

/** The secret of a browser that is on its way to sign in. */
export function visitIn(headers: Headers, base: LinkBase): string | undefined {
  const cookies = headers.get("cookie");
  return cookies === null ? undefined : cookieIn(cookies, visitName(base));
}

/** The value of Set-Cookie for a browser that is on its way to sign in. */
export function visitCookie(base: LinkBase, secret: string, maxAgeS: number): string {
  return setCookie(visitName(base), base, secret, maxAgeS);
}

function setCookie(name: string, base: LinkBase, value: string, maxAgeS: number): string {
  const secure = isSecure(base) ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
}

function cookieName(base: LinkBase): typeof SECURE_COOKIE | typeof PLAIN_COOKIE {
  return isSecure(base) ? SECURE_COOKIE : PLAIN_COOKIE;
}

function visitName(base: LinkBase): string {
  return `${cookieName(base)}-visit`;
}

function isSecure({ url }: LinkBase): boolean {
  return url.startsWith("https:");
}
