import { userIdOf } from "../../../application/caller.ts";
import type { Role } from "../../../domain/access.ts";
import { LOGIN_CHARS_MAX } from "../../../domain/account.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { Field, Schema } from "./fields.ts";
import { type Template, template } from "./forms.ts";
import { link } from "./representations.ts";
import { MEDIA_MEMBERS } from "./schemas.ts";

const LINK_NAME_CHARS_MAX = 200;

const role = {
  kind: "choice",
  required: true,
  title: "viewer: reads; editor: also writes tasks and renames the checklist",
  values: ["viewer", "editor"],
  example: "editor",
} as const satisfies Field;

const login = {
  kind: "text",
  required: true,
  title: "Login",
  charsMax: LOGIN_CHARS_MAX,
  example: "ada",
} as const satisfies Field;

export const INVITATION_CREATE: Schema = {
  name: "invitation",
  fields: { login, role },
  ignored: MEDIA_MEMBERS,
};

export const MEMBER_PATCH: Schema = {
  name: "member",
  fields: { role: { ...role, required: false } },
  ignored: ["login", "name", ...MEDIA_MEMBERS],
};

export const OWNER_CHANGE: Schema = {
  name: "owner",
  fields: {
    login: { ...login, title: "Login of a member" },
    role: { ...role, required: false, optional: true, title: "Your role from then on", default: "editor" },
  },
  ignored: MEDIA_MEMBERS,
};

export const SHARE_LINK_CREATE: Schema = {
  name: "link",
  fields: {
    role,
    name: {
      kind: "text",
      optional: true,
      title: "What to call it",
      charsMax: LINK_NAME_CHARS_MAX,
      example: "For the neighbours",
    },
    expiresAt: {
      kind: "time",
      optional: true,
      title: "When it ends. Default: when it is revoked",
      example: "2027-01-31T00:00:00Z",
    },
  },
  ignored: MEDIA_MEMBERS,
};

type Links = Readonly<Record<string, { readonly href: string }>>;

const NONE: Links = {};

/** What the caller may do about who else has a checklist. @param role on it; default: on the one that the request is about */
export function sharingLinks(x: Exchange, id: string, role?: Role): Links {
  // Without accounts nobody else is anybody.
  if (!x.services.callers) return NONE;
  const url = x.base.checklist(id);
  const links: { [rel: string]: { readonly href: string } } = {};
  if (x.sees("members", role)) links.members = link(`${url}/members`);
  if (x.may("share", role)) {
    links.invitations = link(`${url}/invitations`);
    links.links = link(`${url}/links`);
    links.owner = link(`${url}/owner`);
  }
  if (x.may("leave", role)) links.leave = link(`${url}/members/${userIdOf(x.caller)}`);
  return links;
}

/** What tells the links of two callers apart, in characters that an ETag may have. */
export function sharingVariant({ members, owner, leave }: Links): string {
  const whose = leave === undefined ? "" : Bun.hash.wyhash(leave.href).toString(36);
  return `${members ? "-m" : ""}${owner ? "-o" : ""}${whose && `-${whose}`}`;
}

export function sharingForms(x: Exchange, id: string): Readonly<Record<string, Template>> {
  const { invitations, links, owner, leave } = sharingLinks(x, id);
  return {
    ...(invitations
      ? { invite: template("Invite somebody", "POST", invitations.href, INVITATION_CREATE) }
      : {}),
    ...(links ? { link: template("Make a link to share", "POST", links.href, SHARE_LINK_CREATE) } : {}),
    ...(owner ? { give: template("Give it to a member", "POST", owner.href, OWNER_CHANGE) } : {}),
    ...(leave ? { leave: template("Leave the checklist", "DELETE", leave.href) } : {}),
  };
}
