import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { template } from "../api/forms.ts";
import { RESOURCE_OFFERS, ROOT_OFFERS } from "../api/pages.ts";
import { link } from "../api/representations.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { type LinkBase, pageAt } from "../kernel/links.ts";
import { HTML } from "../kernel/media.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, originOf } from "./exchange.ts";
import { privateReply, signedInReply, UNSEEN } from "./replies.ts";
import { PASSWORD_LINK_USE } from "./schemas.ts";

export const passwordLinkRoutes: readonly Route[] = [
  {
    path: "/password/{link}",
    methods: {
      GET: { right: "sign-in", rate: "read", offers: ROOT_OFFERS, query: [], handle: look },
      POST: { right: "sign-in", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: use },
    },
  },
];

/** Where somebody with a link chooses a password. */
export function passwordLink(base: LinkBase, secret: string): string {
  return base.at(`/password/${secret}`);
}

/** Looking uses nothing up: mail programs and chats open links before people do. */
async function look(x: Exchange): Promise<Reply> {
  const secret = x.params.link ?? "";
  // The page asks whether the link is valid, and says so if it is not.
  if (x.mediaType === HTML)
    return reply(303, { ...UNSEEN, location: pageAt(x.base, "link", { at: `password/${secret}` }) });
  const { login, name } = await x.stored(() => accountsOf(x).passwordLinks.look(secret));
  const url = passwordLink(x.base, secret);
  const made = privateReply(x, { login, name, _links: { self: link(url) } }, () => ({
    default: template("Choose a password", "POST", url, PASSWORD_LINK_USE, { name }),
  }));
  return { ...made, headers: { ...made.headers, "referrer-policy": UNSEEN["referrer-policy"] } };
}

async function use(x: Exchange): Promise<Reply> {
  const body = validated(PASSWORD_LINK_USE, (await readJson(x, BODY_TYPES)).value);
  const given = {
    password: textOf(body, "password") ?? "",
    name: textOf(body, "name"),
    code: textOf(body, "code"),
  };
  const { passwordLinks } = accountsOf(x);
  return signedInReply(x, await x.stored(() => passwordLinks.use(x.params.link ?? "", given, originOf(x))));
}
