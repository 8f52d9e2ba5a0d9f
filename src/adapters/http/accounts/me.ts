import type { User } from "../../../application/accounts/records.ts";
import { BODY_TYPES, PATCH_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { offered, template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import { sessionCookie } from "../kernel/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, originOf, userOf } from "./exchange.ts";
import { privateReply } from "./replies.ts";
import { meObject } from "./representations.ts";
import { FIRST_PASSWORD, ME_PATCH, PASSWORD_CHANGE } from "./schemas.ts";
import { signInForms, signOutForm } from "./ways-in.ts";

export const meRoutes: readonly Route[] = [
  {
    path: "/me",
    acceptPatch: PATCH_TYPES,
    methods: {
      GET: { right: "signed-in", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: read },
      PATCH: { right: "signed-in", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: rename },
    },
  },
  {
    path: "/me/password",
    methods: { PUT: { right: "credentials", rate: "write", query: [], handle: changePassword } },
  },
];

async function read(x: Exchange): Promise<Reply> {
  return shown(x, await x.stored(() => accountsOf(x).users.get(userOf(x).id)));
}

async function rename(x: Exchange): Promise<Reply> {
  const body = validated(ME_PATCH, (await readJson(x, PATCH_TYPES)).value);
  const name = textOf(body, "name");
  const { users } = accountsOf(x);
  const { id } = userOf(x);
  return shown(x, await x.stored(() => (name === undefined ? users.get(id) : users.rename(id, name))));
}

function shown(x: Exchange, user: User): Reply {
  const { base } = x;
  const shows = { users: x.sees("admin"), identities: accountsOf(x).provider !== undefined };
  const passwordForm = user.password === undefined ? FIRST_PASSWORD : PASSWORD_CHANGE;
  return privateReply(x, meObject(user, base, shows), () => ({
    ...offered(x, "signed-in", {
      default: template("Change my name", "PATCH", base.at("/me"), ME_PATCH, { name: user.name }),
    }),
    ...offered(x, "credentials", {
      password: template("Change my password", "PUT", base.at("/me/password"), passwordForm),
      // Changing how somebody signs in needs a recent sign-in.
      ...signInForms(x, user.login),
    }),
    ...signOutForm(x),
  }));
}

/** Ends all other sessions, and gives this one a new secret. */
async function changePassword(x: Exchange): Promise<Reply> {
  const body = validated(PASSWORD_CHANGE, (await readJson(x, BODY_TYPES)).value);
  const { ownPassword, parts } = accountsOf(x);
  const given = { current: textOf(body, "current"), password: textOf(body, "password") ?? "" };
  const signedIn = await x.stored(() => ownPassword.change(userOf(x), given, originOf(x)));
  const { maxMs } = parts.lifetimes;
  return reply(204, signedIn ? { "set-cookie": sessionCookie(x.base, signedIn.secret, maxMs / 1_000) } : {});
}
