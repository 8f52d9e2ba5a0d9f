import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import { link } from "../api/representations.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, originOf, userOf } from "./exchange.ts";
import { privateReply } from "./replies.ts";
import { TOTP_CONFIRM } from "./schemas.ts";

const CHANGES = { right: "credentials", rate: "write", query: [] } as const;

/** The second factor of the caller. */
export const totpRoutes: readonly Route[] = [
  {
    path: "/me/totp",
    methods: {
      GET: { right: "signed-in", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: read },
      POST: { ...CHANGES, offers: RESOURCE_OFFERS, handle: begin },
      PUT: { ...CHANGES, offers: RESOURCE_OFFERS, handle: confirm },
      DELETE: { ...CHANGES, handle: remove },
    },
  },
];

function links(base: LinkBase) {
  return { self: link(base.at("/me/totp")), me: link(base.at("/me")) };
}

async function read(x: Exchange): Promise<Reply> {
  const { totp, recovery = [] } = await x.stored(() => accountsOf(x).users.get(userOf(x).id));
  const enabled = totp?.confirmed === true;
  const url = x.base.at("/me/totp");
  const object = { enabled, recoveryCodesLeft: recovery.length, _links: links(x.base) };
  return privateReply(x, object, () =>
    enabled
      ? { delete: template("Switch the second factor off", "DELETE", url) }
      : {
          default: template("Get a secret for an authenticator app", "POST", url),
          confirm: template("Switch the second factor on", "PUT", url, TOTP_CONFIRM),
        },
  );
}

async function begin(x: Exchange): Promise<Reply> {
  const made = await x.stored(() => accountsOf(x).twoFactor.begin(userOf(x), `todos (${hostOf(x.base)})`));
  const created = privateReply(x, { ...made, _links: links(x.base) }, undefined, 201);
  created.headers.location = x.base.at("/me/totp");
  return created;
}

async function confirm(x: Exchange): Promise<Reply> {
  const body = validated(TOTP_CONFIRM, (await readJson(x, BODY_TYPES)).value);
  const { twoFactor } = accountsOf(x);
  const code = textOf(body, "code") ?? "";
  const recoveryCodes = await x.stored(() => twoFactor.confirm(userOf(x), code, originOf(x)));
  return privateReply(x, { enabled: true, recoveryCodes, _links: links(x.base) });
}

async function remove(x: Exchange): Promise<Reply> {
  await x.stored(() => accountsOf(x).twoFactor.remove(userOf(x), originOf(x)));
  return reply(204, {});
}

function hostOf({ url }: LinkBase): string {
  return URL.parse(url)?.host ?? "";
}
