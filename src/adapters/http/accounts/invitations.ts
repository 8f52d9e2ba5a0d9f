import type { ShownInvitation } from "../../../application/accounts/invitations.ts";
import { representedChecklist } from "../api/checklists.ts";
import { offered, template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import { link, timestamp } from "../api/representations.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, userOf } from "./exchange.ts";
import { privateReply, wholeCollection, withForms } from "./replies.ts";

const READS = { right: "signed-in", rate: "read", offers: RESOURCE_OFFERS, query: [] } as const;
const WRITES = { right: "signed-in", rate: "write", query: [] } as const;

/** To checklists of others. */
export const invitationRoutes: readonly Route[] = [
  { path: "/invitations", methods: { GET: { ...READS, handle: list } } },
  {
    path: "/invitations/{id}",
    methods: {
      GET: { ...READS, handle: read },
      POST: { ...WRITES, offers: RESOURCE_OFFERS, handle: accept },
      DELETE: { ...WRITES, handle: decline },
    },
  },
];

async function list(x: Exchange): Promise<Reply> {
  const invitations = await x.stored(() => accountsOf(x).invitations.list(userOf(x).id));
  const objects = invitations.map((each) => {
    const object = invitationObject(x, each);
    return withForms(x, object, () => forms(x, object._links.self.href));
  });
  return wholeCollection(x, "invitations", collectionUrl(x), objects);
}

async function read(x: Exchange): Promise<Reply> {
  const invitation = await x.stored(() => accountsOf(x).invitations.get(userOf(x).id, idOf(x)));
  const object = invitationObject(x, invitation);
  return privateReply(x, object, () => forms(x, object._links.self.href));
}

function forms(x: Exchange, target: string) {
  return offered(x, "signed-in", {
    default: template("Accept", "POST", target),
    delete: template("Decline", "DELETE", target),
  });
}

/** The checklist that the caller has from now on. */
async function accept(x: Exchange): Promise<Reply> {
  const row = await x.stored(() => accountsOf(x).invitations.accept(userOf(x), idOf(x), x.client));
  await x.demand("read", row.id);
  const { status, headers, body } = representedChecklist(x, row);
  return reply(status, { ...headers, "content-location": x.base.checklist(row.id) }, body);
}

async function decline(x: Exchange): Promise<Reply> {
  await x.stored(() => accountsOf(x).invitations.decline(userOf(x), idOf(x), x.client));
  return reply(204, {});
}

function invitationObject(x: Exchange, { id, checklistId, name, role, inviter, createdAt }: ShownInvitation) {
  const collection = collectionUrl(x);
  return {
    id,
    checklist: { id: checklistId, name },
    role,
    invitedBy: inviter,
    createdAt: timestamp(createdAt),
    _links: { self: link(`${collection}/${id}`), collection: link(collection) },
  };
}

function collectionUrl(x: Exchange): string {
  return x.base.at("/invitations");
}

function idOf(x: Exchange): string {
  return possibleId(x.params.id ?? "", "invitation");
}
