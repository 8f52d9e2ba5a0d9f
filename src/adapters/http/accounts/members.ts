import type { NamedMember } from "../../../application/accounts/members.ts";
import type { MemberRole } from "../../../domain/membership.ts";
import { BODY_TYPES, PATCH_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { offered, template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import { link } from "../api/representations.ts";
import { INVITATION_CREATE, MEMBER_PATCH, OWNER_CHANGE, sharingForms } from "../api/sharing.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, checklistIdOf, isChangeable, leaveOrShare, userOf } from "./exchange.ts";
import { privateReply, wholeCollection, withForms } from "./replies.ts";

const READS = {
  right: "members",
  list: checklistIdOf,
  rate: "read",
  offers: RESOURCE_OFFERS,
  query: [],
} as const;
const SHARES = { right: "share", list: checklistIdOf, rate: "write", query: [] } as const;

export const memberRoutes: readonly Route[] = [
  { path: "/checklists/{id}/members", methods: { GET: { ...READS, handle: list } } },
  {
    path: "/checklists/{id}/members/{userId}",
    acceptPatch: PATCH_TYPES,
    methods: {
      GET: { ...READS, handle: read },
      PATCH: { ...SHARES, offers: RESOURCE_OFFERS, handle: change },
      DELETE: { ...SHARES, right: leaveOrShare, handle: remove },
    },
  },
  { path: "/checklists/{id}/invitations", methods: { POST: { ...SHARES, handle: invite } } },
  { path: "/checklists/{id}/owner", methods: { POST: { ...SHARES, handle: give } } },
];

async function list(x: Exchange): Promise<Reply> {
  const id = checklistIdOf(x);
  const members = await x.stored(() => accountsOf(x).members.list(id));
  const objects = members.map((member) => withForms(x, memberObject(x, member), () => forms(x, member)));
  return wholeCollection(x, "members", collectionUrl(x), objects, () => sharingForms(x, id));
}

async function read(x: Exchange): Promise<Reply> {
  return shown(x, await x.stored(() => accountsOf(x).members.get(checklistIdOf(x), memberIdOf(x))));
}

async function change(x: Exchange): Promise<Reply> {
  const body = validated(MEMBER_PATCH, (await readJson(x, PATCH_TYPES)).value);
  const role = textOf(body, "role") as MemberRole | undefined;
  const { members } = accountsOf(x);
  const [id, userId] = [checklistIdOf(x), memberIdOf(x)];
  const member = await x.stored(() =>
    role === undefined ? members.get(id, userId) : members.setRole(userOf(x), id, userId, role, x.client),
  );
  return shown(x, member);
}

async function remove(x: Exchange): Promise<Reply> {
  const { members } = accountsOf(x);
  await x.stored(() => members.remove(userOf(x), checklistIdOf(x), memberIdOf(x), x.client));
  return reply(204, {});
}

/** The same answer whether there is such a user or not. */
async function invite(x: Exchange): Promise<Reply> {
  const body = validated(INVITATION_CREATE, (await readJson(x, BODY_TYPES)).value);
  const request = { login: textOf(body, "login") ?? "", role: textOf(body, "role") as MemberRole };
  const { invitations } = accountsOf(x);
  await x.stored(() => invitations.invite(userOf(x), checklistIdOf(x), request, x.client));
  return reply(202, {});
}

async function give(x: Exchange): Promise<Reply> {
  const body = validated(OWNER_CHANGE, (await readJson(x, BODY_TYPES)).value);
  const gift = {
    login: textOf(body, "login") ?? "",
    role: (textOf(body, "role") ?? "editor") as MemberRole,
  };
  await x.stored(() => accountsOf(x).members.give(userOf(x), checklistIdOf(x), gift, x.client));
  return reply(204, {});
}

function shown(x: Exchange, member: NamedMember): Reply {
  return privateReply(x, memberObject(x, member), () => forms(x, member));
}

function forms(x: Exchange, member: NamedMember) {
  if (!isChangeable(member)) return {};
  const target = memberObject(x, member)._links.self.href;
  return offered(x, "share", {
    default: template("Change the role", "PATCH", target, MEMBER_PATCH, { role: member.role }),
    delete: template("Remove the member", "DELETE", target),
  });
}

function memberObject(x: Exchange, { userId, login, name, role }: NamedMember) {
  const collection = collectionUrl(x);
  return {
    login,
    name,
    role,
    _links: { self: link(`${collection}/${userId}`), collection: link(collection) },
  };
}

function collectionUrl(x: Exchange): string {
  return `${x.base.checklist(checklistIdOf(x))}/members`;
}

function memberIdOf(x: Exchange): string {
  return possibleId(x.params.userId ?? "", "member");
}
