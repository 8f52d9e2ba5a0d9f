import type { User, UserRole } from "../../../application/accounts/records.ts";
import { DELETE_LISTS } from "../../../application/accounts/removal.ts";
import { checkedLogin, type UserChange } from "../../../application/accounts/users.ts";
import { loginProblem } from "../../../domain/account.ts";
import { refuse } from "../../../domain/errors.ts";
import { BODY_TYPES, PATCH_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { template } from "../api/forms.ts";
import { COLLECTION_OFFERS, collectionReply, RESOURCE_OFFERS } from "../api/pages.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, userOf } from "./exchange.ts";
import { passwordLink } from "./password-links.ts";
import { privateReply } from "./replies.ts";
import { userObject } from "./representations.ts";
import { USER_CREATE, USER_PATCH, USER_REMOVAL } from "./schemas.ts";

export const userRoutes: readonly Route[] = [
  {
    path: "/users",
    methods: {
      GET: {
        right: "admin",
        rate: "read",
        offers: COLLECTION_OFFERS,
        query: ["size", "after"],
        handle: list,
      },
      POST: { right: "admin", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: invite },
    },
  },
  {
    path: "/users/{id}",
    acceptPatch: PATCH_TYPES,
    methods: {
      GET: { right: "admin", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: read },
      PATCH: { right: "admin", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: change },
      DELETE: { right: "admin", rate: "write", query: ["lists"], handle: remove },
    },
  },
  {
    path: "/users/{id}/password-link",
    methods: {
      POST: { right: "admin", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: makeLink },
    },
  },
];

function list(x: Exchange): Promise<Reply> {
  const { users } = accountsOf(x);
  const url = x.base.at("/users");
  return collectionReply(x, {
    url,
    read: async (after, limit) => {
      const { items, ...rest } = await users.list(after, limit);
      return { items: items.map(({ value }) => value), ...rest };
    },
    name: "users",
    represent: (user: User) => userObject(user, x.base),
    templates: () => ({ default: template("Invite somebody", "POST", url, USER_CREATE) }),
  });
}

async function invite(x: Exchange): Promise<Reply> {
  const body = validated(USER_CREATE, (await readJson(x, BODY_TYPES)).value);
  const { users, passwordLinks, parts } = accountsOf(x);
  const login = checkedLogin(textOf(body, "login") ?? "", loginProblem);
  const role = (textOf(body, "role") ?? "user") as UserRole;
  const user = await x.stored(() => users.create({ login, name: textOf(body, "name"), role }));
  parts.audit.tell("user made", { who: userOf(x).login, from: x.client, on: login, role });
  const secret = await x.stored(() => passwordLinks.make(user));
  const made = withLink(x, user, secret, 201);
  made.headers.location = x.base.at(`/users/${user.id}`);
  return made;
}

/** Another link, for somebody whose invitation has ended, or who forgot the password. Those before end. */
async function makeLink(x: Exchange): Promise<Reply> {
  const { passwordLinks } = accountsOf(x);
  const { user, secret } = await x.stored(() => passwordLinks.makeFor(userOf(x), idOf(x), x.client));
  return withLink(x, user, secret, 200);
}

/** The only answer that has the link. */
function withLink(x: Exchange, user: User, secret: string, status: number): Reply {
  const { _links, ...members } = userObject(user, x.base);
  return privateReply(x, { ...members, url: passwordLink(x.base, secret), _links }, undefined, status);
}

async function read(x: Exchange): Promise<Reply> {
  return shown(x, await x.stored(() => accountsOf(x).users.get(idOf(x))));
}

async function change(x: Exchange): Promise<Reply> {
  const body = validated(USER_PATCH, (await readJson(x, PATCH_TYPES)).value);
  const wanted: UserChange = {
    ...("role" in body ? { role: textOf(body, "role") as UserRole } : {}),
    ...("disabled" in body ? { disabled: body.disabled === true } : {}),
  };
  const { users, parts } = accountsOf(x);
  const user = await x.stored(() => users.change(idOf(x), wanted));
  const { login: on, role, disabled } = user;
  parts.audit.tell("user changed", { who: userOf(x).login, from: x.client, on, role, disabled });
  return shown(x, user);
}

async function remove(x: Exchange): Promise<Reply> {
  const lists = x.query.get("lists");
  if (lists === undefined) {
    const detail = `must say what happens to the user's checklists: ${DELETE_LISTS}, or the id of the user who gets them`;
    refuse([{ pointer: "/query/lists", detail }]);
  }
  const { removal, parts } = accountsOf(x);
  const { login: on } = await x.stored(() => removal.remove(idOf(x), lists));
  parts.audit.tell("user removed", { who: userOf(x).login, from: x.client, on, lists });
  return reply(204, {});
}

function shown(x: Exchange, user: User): Reply {
  const object = userObject(user, x.base);
  const { role, disabled } = user;
  return privateReply(x, object, () => ({
    default: template("Change the user", "PATCH", object._links.self.href, USER_PATCH, { role, disabled }),
    delete: template(
      "Remove the user and all checklists",
      "DELETE",
      `${object._links.self.href}?lists=${DELETE_LISTS}`,
    ),
    give: template(
      "Remove the user and give its checklists away",
      "DELETE",
      object._links.self.href,
      USER_REMOVAL,
    ),
    // It lets nobody in who is locked out.
    ...(disabled
      ? {}
      : {
          link: template(
            "Make a new link to choose a password",
            "POST",
            `${object._links.self.href}/password-link`,
          ),
        }),
  }));
}

function idOf(x: Exchange): string {
  return possibleId(x.params.id ?? "", "user");
}
