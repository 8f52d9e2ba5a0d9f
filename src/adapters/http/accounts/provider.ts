import {
  type Begun,
  PROVIDER_KEPT_MS,
  type ProviderSignIn,
} from "../../../application/accounts/provider-sign-in.ts";
import type { SignedIn } from "../../../application/accounts/sessions.ts";
import { notFound } from "../../../application/written.ts";
import { refuse } from "../../../domain/errors.ts";
import { localPath } from "../../../lib/local-path.ts";
import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { offered, type Template, template } from "../api/forms.ts";
import { RESOURCE_OFFERS, ROOT_OFFERS } from "../api/pages.ts";
import { link } from "../api/representations.ts";
import { visitCookie, visitIn } from "../kernel/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, originOf, userOf } from "./exchange.ts";
import { newSessionCookie, orPage, privateReply, wholeCollection, withForms } from "./replies.ts";
import { identityObject } from "./representations.ts";
import { CODE_SIGN_IN, IDENTITY_LINK, PROVIDER_VISIT } from "./schemas.ts";

const START = "/sessions/oidc";
const CALLBACK = "/sessions/oidc/callback";
const IDENTITIES = "/me/identities";
const CHANGES = { right: "credentials", rate: "write", query: [] } as const;
const ID = /^[0-9a-f]{64}$/;
const NOT_KEPT = { "cache-control": "no-store", "referrer-policy": "no-referrer" } as const;

/** Signing in at an OpenID provider. Both first steps are GET because a browser goes there by a link. */
export const providerRoutes: readonly Route[] = [
  { path: START, methods: { GET: { right: "sign-in", rate: "write", query: ["return"], handle: start } } },
  // The provider decides which parameters there are.
  {
    path: CALLBACK,
    methods: { GET: { right: "sign-in", rate: "write", offers: ROOT_OFFERS, handle: finish } },
  },
  {
    path: IDENTITIES,
    methods: {
      GET: { right: "signed-in", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: list },
      POST: { ...CHANGES, offers: RESOURCE_OFFERS, handle: startLink },
    },
  },
  { path: `${IDENTITIES}/{id}`, methods: { DELETE: { ...CHANGES, handle: remove } } },
];

/** The root's link to the provider, if there is one. */
export function providerLink(x: Exchange): Readonly<Record<string, object>> {
  const { provider } = accountsOf(x);
  return provider ? { "sign-in-oidc": { ...link(x.base.at(START)), title: provider.name } } : {};
}

/** The same with what a browser may say on its way. */
export function providerForm(x: Exchange): Readonly<Record<string, Template>> {
  const { provider } = accountsOf(x);
  if (!provider) return {};
  return {
    "sign-in-oidc": template(`Sign in with ${provider.name}`, "GET", x.base.at(START), PROVIDER_VISIT),
  };
}

/** For a browser that has been at the provider, and whose user has a second factor: what is left to do. */
export async function secondFactorForm(x: Exchange): Promise<Readonly<Record<string, Template>>> {
  const { provider } = accountsOf(x);
  const ticket = visitIn(x.headers, x.base);
  if (!provider || ticket === undefined) return {};
  if (!(await x.stored(() => provider.awaitsCode(ticket)))) return {};
  return {
    "second-factor": template("Confirm with a code", "POST", x.base.at("/sessions"), CODE_SIGN_IN),
  };
}

function providerOf(x: Exchange): ProviderSignIn {
  const { provider } = accountsOf(x);
  if (!provider) throw notFound("resource");
  return provider;
}

async function start(x: Exchange): Promise<Reply> {
  const provider = providerOf(x);
  const returnTo = checkedPath(x.query.get("return"), "?return");
  const begun = await x.stored(() =>
    provider.begin(x.base.at(CALLBACK), returnTo, visitIn(x.headers, x.base)),
  );
  return reply(303, { ...NOT_KEPT, location: begun.url, "set-cookie": departure(x, begun) });
}

/** Not by a link: another page could lead a browser here, and link its owner's identity to somebody else. */
async function startLink(x: Exchange): Promise<Reply> {
  const body = validated(IDENTITY_LINK, (await readJson(x, BODY_TYPES)).value);
  const provider = providerOf(x);
  const returnTo = checkedPath(textOf(body, "return"), "/return");
  const visit = visitIn(x.headers, x.base);
  const begun = await x.stored(() => provider.beginLink(userOf(x), x.base.at(CALLBACK), returnTo, visit));
  const made = privateReply(x, { url: begun.url, _links: { collection: link(x.base.at(IDENTITIES)) } });
  made.headers["set-cookie"] = departure(x, begun);
  return made;
}

/** A person whose sign-in failed can choose another way in on the page. */
function finish(x: Exchange): Promise<Reply> {
  return arrive(x).catch(orPage(x, "sign-in"));
}

async function arrive(x: Exchange): Promise<Reply> {
  const provider = providerOf(x);
  const visit = visitIn(x.headers, x.base);
  const arrival = await x.stored(() => provider.finish(x.search, visit, originOf(x), x.caller));
  const headers = { ...NOT_KEPT, location: x.base.at(arrival.returnTo) };
  switch (arrival.outcome) {
    case "signed-in":
      return reply(303, { ...headers, "set-cookie": newSessionCookie(x, arrival.signedIn.secret) });
    case "second-factor":
      return reply(303, {
        ...headers,
        "set-cookie": visitCookie(x.base, arrival.ticket, PROVIDER_KEPT_MS / 1_000),
      });
    case "linked":
      return reply(303, headers);
  }
}

/** The second step for a user with a second factor: the code alone, from the browser that did the first. */
export async function bySecondFactor(x: Exchange, value: unknown): Promise<SignedIn> {
  const body = validated(CODE_SIGN_IN, value);
  const ticket = visitIn(x.headers, x.base) ?? "";
  const code = textOf(body, "code") ?? "";
  return x.stored(() => providerOf(x).withSecondFactor(ticket, code, originOf(x), x.caller));
}

async function list(x: Exchange): Promise<Reply> {
  providerOf(x);
  const identities = await x.stored(() => accountsOf(x).identities.list(userOf(x).id));
  const objects = identities.map((each) => {
    const object = identityObject(each, x.base);
    const target = object._links.self.href;
    return withForms(x, object, () =>
      offered(x, "credentials", { delete: template("Remove the identity", "DELETE", target) }),
    );
  });
  const url = x.base.at(IDENTITIES);
  return wholeCollection(x, "identities", url, objects, () =>
    offered(x, "credentials", {
      default: template(`Also sign in with ${providerOf(x).name}`, "POST", url, IDENTITY_LINK),
    }),
  );
}

async function remove(x: Exchange): Promise<Reply> {
  const id = x.params.id ?? "";
  if (!ID.test(id)) throw notFound("identity");
  await x.stored(() => accountsOf(x).identities.remove(userOf(x), id, originOf(x)));
  return reply(204, {});
}

function departure(x: Exchange, { browser }: Begun): string {
  return visitCookie(x.base, browser, PROVIDER_KEPT_MS / 1_000);
}

/** @throws TodosError validation-failed for what leads elsewhere */
function checkedPath(given: string | undefined, pointer: string): string {
  return (
    localPath(given ?? "/") ?? refuse([{ pointer, detail: "must be a path of this service, such as /docs" }])
  );
}
