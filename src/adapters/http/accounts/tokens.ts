import type { Scope } from "../../../application/accounts/records.ts";
import type { TokenRequest } from "../../../application/accounts/tokens.ts";
import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, textsOf, validated } from "../api/fields.ts";
import { template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, userOf } from "./exchange.ts";
import { privateReply, wholeCollection, withForms } from "./replies.ts";
import { tokenObject } from "./representations.ts";
import { TOKEN_CREATE } from "./schemas.ts";

export const tokenRoutes: readonly Route[] = [
  {
    path: "/tokens",
    methods: {
      GET: { right: "credentials", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: list },
      POST: { right: "credentials", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: create },
    },
  },
  {
    path: "/tokens/{id}",
    methods: {
      GET: { right: "credentials", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: read },
      DELETE: { right: "credentials", rate: "write", query: [], handle: revoke },
    },
  },
];

async function list(x: Exchange): Promise<Reply> {
  const tokens = await x.stored(() => accountsOf(x).tokens.list(userOf(x).id));
  const url = x.base.at("/tokens");
  return wholeCollection(
    x,
    "tokens",
    url,
    tokens.map((token) => {
      const object = tokenObject(token, x.base);
      return withForms(x, object, () => revokeForm(object._links.self.href));
    }),
    () => ({ default: template("Make a token", "POST", url, TOKEN_CREATE) }),
  );
}

async function create(x: Exchange): Promise<Reply> {
  const request = tokenRequest(validated(TOKEN_CREATE, (await readJson(x, BODY_TYPES)).value));
  for (const id of request.checklists ?? []) await x.demand("read", possibleId(id, "checklist"));
  const made = await x.stored(() => accountsOf(x).tokens.create(userOf(x), request, x.client));
  const { _links, ...members } = tokenObject(made.token, x.base);
  const answer = privateReply(x, { ...members, secret: made.secret, _links }, undefined, 201);
  answer.headers.location = _links.self.href;
  return answer;
}

function tokenRequest(body: Readonly<Record<string, unknown>>): TokenRequest {
  const expiresAt = textOf(body, "expiresAt");
  const checklists = textsOf(body, "checklists");
  return {
    name: textOf(body, "name") ?? "",
    scopes: (textsOf(body, "scopes") ?? []) as readonly Scope[],
    ...(checklists === undefined ? {} : { checklists }),
    ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
  };
}

async function read(x: Exchange): Promise<Reply> {
  const token = await x.stored(() => accountsOf(x).tokens.get(userOf(x).id, idOf(x)));
  const object = tokenObject(token, x.base);
  return privateReply(x, object, () => revokeForm(object._links.self.href));
}

function revokeForm(target: string) {
  return { revoke: template("Revoke the token", "DELETE", target) };
}

async function revoke(x: Exchange): Promise<Reply> {
  await x.stored(() => accountsOf(x).tokens.revoke(userOf(x), idOf(x), x.client));
  return reply(204, {});
}

function idOf(x: Exchange): string {
  return possibleId(x.params.id ?? "", "token");
}
