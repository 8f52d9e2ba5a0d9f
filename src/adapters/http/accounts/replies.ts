import type { SignedIn } from "../../../application/accounts/sessions.ts";
import { TodosError } from "../../../domain/errors.ts";
import { link } from "../api/representations.ts";
import { sessionCookie } from "../kernel/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { pageAt } from "../kernel/links.ts";
import { HAL_FORMS, HTML } from "../kernel/media.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import { accountsOf } from "./exchange.ts";
import { sessionObject } from "./representations.ts";

/** It is nobody else's business, and differs from caller to caller. */
const PRIVATE = { vary: "Accept, Authorization, Cookie", "cache-control": "no-store" } as const;

/** Of a link with a secret: no cache, search engine or other site learns of it. */
export const UNSEEN = { ...PRIVATE, "referrer-policy": "no-referrer", "x-robots-tag": "noindex" } as const;

type Templates = () => Readonly<Record<string, object>>;

/** One resource of accounts in the requested representation. */
export function privateReply(x: Exchange, object: object, templates?: Templates, status = 200): Reply {
  const isForms = templates !== undefined && x.mediaType === HAL_FORMS;
  const body = isForms ? { ...object, _templates: templates() } : object;
  return reply(status, { ...PRIVATE, "content-type": x.mediaType }, JSON.stringify(body));
}

/** A person whose browser follows a link that failed is better off on the page, which can say so. Others get the error. */
export function orPage(x: Exchange, screen: string, values: Readonly<Record<string, string>> = {}) {
  return (error: unknown): Reply => {
    if (x.mediaType !== HTML || !(error instanceof TodosError)) throw error;
    return reply(303, { ...UNSEEN, location: pageAt(x.base, screen, { ...values, problem: error.code }) });
  };
}

/** A row of a collection, with its own forms where the client reads forms: it need not ask for each row. */
export function withForms<T extends object>(x: Exchange, object: T, templates: Templates): T {
  return x.mediaType === HAL_FORMS ? { ...object, _templates: templates() } : object;
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
