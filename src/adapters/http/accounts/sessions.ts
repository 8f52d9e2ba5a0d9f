import { notFound } from "../../../application/written.ts";
import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { offered, template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import { endedCookie, visitIn } from "../kernel/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, guestLinkOf, originOf, userOf } from "./exchange.ts";
import { byPasskey } from "./passkeys.ts";
import { bySecondFactor } from "./provider.ts";
import { signedInReply, wholeCollection, withForms } from "./replies.ts";
import { sessionObject } from "./representations.ts";
import { SIGN_IN } from "./schemas.ts";
import { signOutForm } from "./ways-in.ts";

export const sessionRoutes: readonly Route[] = [
  {
    path: "/sessions",
    methods: {
      GET: { right: "signed-in", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: list },
      POST: { right: "sign-in", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: signIn },
    },
  },
  {
    path: "/sessions/current",
    methods: { DELETE: { right: "sign-out", rate: "write", query: [], handle: signOut } },
  },
  {
    path: "/sessions/{id}",
    methods: { DELETE: { right: "signed-in", rate: "write", query: [], handle: end } },
  },
];

/** By what there is in the body: a passkey, the code alone after a sign-in elsewhere, or else login and password. */
async function signIn(x: Exchange): Promise<Reply> {
  const { value } = await readJson(x, BODY_TYPES);
  if (hasMember(value, "passkey")) return signedInReply(x, await byPasskey(x, value));
  if (!hasMember(value, "login") && visitIn(x.headers, x.base) !== undefined)
    return signedInReply(x, await bySecondFactor(x, value));
  const body = validated(SIGN_IN, value);
  const given = {
    login: textOf(body, "login") ?? "",
    password: textOf(body, "password") ?? "",
    code: textOf(body, "code"),
  };
  const signedIn = await x.stored(() => accountsOf(x).signIn.withPassword(given, originOf(x), x.caller));
  return signedInReply(x, signedIn);
}

function hasMember(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name);
}

async function list(x: Exchange): Promise<Reply> {
  const { id, session } = userOf(x);
  const sessions = await x.stored(() => accountsOf(x).sessions.list(id));
  const objects = sessions.map((each) => {
    const object = sessionObject(each, session, x.base);
    const target = object._links.self.href;
    return withForms(x, object, () =>
      offered(x, "signed-in", { delete: template("End the session", "DELETE", target) }),
    );
  });
  return wholeCollection(x, "sessions", x.base.at("/sessions"), objects, () => signOutForm(x));
}

/** A guest's cookie is the link's own secret: forgetting it is all that there is to do. */
async function signOut(x: Exchange): Promise<Reply> {
  const link = guestLinkOf(x);
  if (link === undefined) {
    const { session } = userOf(x);
    if (session === undefined) throw notFound("session");
    return ended(x, session);
  }
  accountsOf(x).parts.audit.tell("guest left", { from: x.client, link });
  return reply(204, { "set-cookie": endedCookie(x.base) });
}

async function end(x: Exchange): Promise<Reply> {
  return ended(x, possibleId(x.params.id ?? "", "session"));
}

async function ended(x: Exchange, id: string): Promise<Reply> {
  const user = userOf(x);
  const { sessions, parts } = accountsOf(x);
  await x.stored(() => sessions.end(user.id, id));
  const act = id === user.session ? "sign-out" : "session ended";
  parts.audit.tell(act, { who: user.login, from: x.client, on: id });
  return reply(204, id === user.session ? { "set-cookie": endedCookie(x.base) } : {});
}
