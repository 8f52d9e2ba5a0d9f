import type { ShareLink } from "../../../application/accounts/records.ts";
import type { ShareLinkRequest } from "../../../application/accounts/share-links.ts";
import type { MemberRole } from "../../../domain/membership.ts";
import { BODY_TYPES, readJson } from "../api/body.ts";
import { representedChecklist } from "../api/checklists.ts";
import { textOf, validated } from "../api/fields.ts";
import { template } from "../api/forms.ts";
import { RESOURCE_OFFERS, ROOT_OFFERS } from "../api/pages.ts";
import { link, timestamp } from "../api/representations.ts";
import { SHARE_LINK_CREATE } from "../api/sharing.ts";
import { sessionCookie } from "../kernel/credentials.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { HTML } from "../kernel/media.ts";
import { isForeignPart, isPreview } from "../kernel/origins.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, actAsGuest, checklistIdOf, hasAccount, userOf } from "./exchange.ts";
import { orPage, privateReply, UNSEEN, wholeCollection, withForms } from "./replies.ts";

const SHARES = { right: "share", list: checklistIdOf, query: [] } as const;

export const shareLinkRoutes: readonly Route[] = [
  {
    path: "/checklists/{id}/links",
    methods: {
      GET: { ...SHARES, rate: "read", offers: RESOURCE_OFFERS, handle: list },
      POST: { ...SHARES, rate: "write", offers: RESOURCE_OFFERS, handle: create },
    },
  },
  {
    path: "/checklists/{id}/links/{linkId}",
    methods: {
      GET: { ...SHARES, rate: "read", offers: RESOURCE_OFFERS, handle: read },
      DELETE: { ...SHARES, rate: "write", handle: revoke },
    },
  },
  {
    path: "/links/{link}",
    methods: { GET: { right: "sign-in", rate: "read", offers: ROOT_OFFERS, query: [], handle: open } },
  },
];

async function list(x: Exchange): Promise<Reply> {
  const links = await x.stored(() => accountsOf(x).shareLinks.list(checklistIdOf(x)));
  const objects = links.map((each) => {
    const object = linkObject(x, each);
    return withForms(x, object, () => revokeForm(object._links.self.href));
  });
  const url = collectionUrl(x);
  return wholeCollection(x, "links", url, objects, () => ({
    default: template("Make a link to share", "POST", url, SHARE_LINK_CREATE),
  }));
}

async function create(x: Exchange): Promise<Reply> {
  const request = linkRequest(validated(SHARE_LINK_CREATE, (await readJson(x, BODY_TYPES)).value));
  const { shareLinks } = accountsOf(x);
  const made = await x.stored(() => shareLinks.create(userOf(x), checklistIdOf(x), request, x.client));
  const { _links, ...members } = linkObject(x, made.link);
  const url = x.base.at(`/links/${made.secret}`);
  const answer = privateReply(x, { ...members, url, _links }, undefined, 201);
  answer.headers.location = _links.self.href;
  return answer;
}

function linkRequest(body: Readonly<Record<string, unknown>>): ShareLinkRequest {
  const expiresAt = textOf(body, "expiresAt");
  return {
    role: textOf(body, "role") as MemberRole,
    name: textOf(body, "name"),
    expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
  };
}

async function read(x: Exchange): Promise<Reply> {
  const found = await x.stored(() => accountsOf(x).shareLinks.get(checklistIdOf(x), linkIdOf(x)));
  const object = linkObject(x, found);
  return privateReply(x, object, () => revokeForm(object._links.self.href));
}

function revokeForm(target: string) {
  return { revoke: template("Revoke the link", "DELETE", target) };
}

async function revoke(x: Exchange): Promise<Reply> {
  const { shareLinks } = accountsOf(x);
  await x.stored(() => shareLinks.revoke(userOf(x), checklistIdOf(x), linkIdOf(x), x.client));
  return reply(204, {});
}

function open(x: Exchange): Promise<Reply> {
  return letIn(x).catch(orPage(x, "link", { at: `links/${x.params.link ?? ""}` }));
}

/**
 * Opening it makes the caller a guest: the cookie has the link's own secret, so nothing is written, however often
 * it is opened. Users who are signed in stay signed in.
 */
async function letIn(x: Exchange): Promise<Reply> {
  const { shareLinks, parts } = accountsOf(x);
  if (isPreview(x.headers)) return reply(204, { ...UNSEEN });
  const secret = x.params.link ?? "";
  const opened = await x.stored(() => shareLinks.open(secret));
  const staysWho = hasAccount(x) || isForeignPart(x.headers);
  const cookie: Record<string, string> = staysWho
    ? {}
    : { "set-cookie": guestCookie(x, secret, opened.link) };
  parts.audit.tell("share link opened", { from: x.client, on: opened.list.id, link: opened.link.id });
  if (x.mediaType === HTML) return reply(303, { ...UNSEEN, ...cookie, location: x.base.root() });
  actAsGuest(x, opened.link);
  const { headers, body } = representedChecklist(x, opened.list);
  const address = { "content-location": x.base.checklist(opened.list.id) };
  return reply(
    200,
    { ...UNSEEN, ...cookie, ...address, "content-type": headers["content-type"] ?? "" },
    body,
  );
}

function guestCookie(x: Exchange, secret: string, { expiresAt }: ShareLink): string {
  const { clock, lifetimes } = accountsOf(x).parts;
  const leftMs = (expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
  return sessionCookie(x.base, secret, Math.ceil(Math.min(lifetimes.maxMs, leftMs) / 1_000));
}

function linkObject(x: Exchange, { id, role, name, createdAt, expiresAt }: ShareLink) {
  const collection = collectionUrl(x);
  return {
    id,
    role,
    ...(name === undefined ? {} : { name }),
    createdAt: timestamp(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: timestamp(expiresAt) }),
    _links: {
      self: link(`${collection}/${id}`),
      collection: link(collection),
      checklist: link(x.base.checklist(checklistIdOf(x))),
    },
  };
}

function collectionUrl(x: Exchange): string {
  return `${x.base.checklist(checklistIdOf(x))}/links`;
}

function linkIdOf(x: Exchange): string {
  return possibleId(x.params.linkId ?? "", "link");
}
