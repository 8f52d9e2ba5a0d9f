import type { SignedIn } from "../../../application/accounts/sessions.ts";
import { link } from "../api/representations.ts";
import { sessionCookie } from "../kernel/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { HAL_FORMS } from "../kernel/media.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import { accountsOf } from "./exchange.ts";
import { sessionObject } from "./representations.ts";

/** It is nobody else's business, and differs from caller to caller. */
const PRIVATE = { vary: "Accept, Authorization, Cookie", "cache-control": "no-store" } as const;

type Templates = () => Readonly<Record<string, object>>;

/** One resource of accounts in the requested representation. */
export function privateReply(x: Exchange, object: object, templates?: Templates, status = 200): Reply {
  const isForms = templates !== undefined && x.mediaType === HAL_FORMS;
  const body = isForms ? { ...object, _templates: templates() } : object;
  return reply(status, { ...PRIVATE, "content-type": x.mediaType }, JSON.stringify(body));
}

/** A collection that is never longer than a page. */
export function wholeCollection(
  x: Exchange,
  name: string,
  url: string,
  objects: readonly object[],
  templates?: Templates,
): Reply {
  return privateReply(x, { _embedded: { [name]: objects }, _links: { self: link(url) } }, templates);
}

export function newSessionCookie(x: Exchange, secret: string): string {
  return sessionCookie(x.base, secret, accountsOf(x).parts.lifetimes.maxMs / 1_000);
}

/** Somebody has signed in: the cookie, and the session that it belongs to. */
export function signedInReply(x: Exchange, { session, secret }: SignedIn): Reply {
  const object = sessionObject(session, session.id, x.base);
  const made = privateReply(x, object, undefined, 201);
  made.headers.location = object._links.self.href;
  made.headers["set-cookie"] = newSessionCookie(x, secret);
  return made;
}
