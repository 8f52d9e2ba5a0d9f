import { checkedLogin } from "../../../application/accounts/users.ts";
import { loginProblem } from "../../../domain/account.ts";
import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { Reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, originOf } from "./exchange.ts";
import { signedInReply } from "./replies.ts";
import { SET_UP } from "./schemas.ts";

export const setUpRoutes: readonly Route[] = [
  {
    path: "/set-up",
    methods: { POST: { right: "sign-in", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: setUp } },
  },
];

async function setUp(x: Exchange): Promise<Reply> {
  const { setUp: open } = accountsOf(x);
  const body = validated(SET_UP, (await readJson(x, BODY_TYPES)).value);
  const first = {
    code: textOf(body, "code") ?? "",
    login: checkedLogin(textOf(body, "login") ?? "", loginProblem),
    name: textOf(body, "name"),
    password: textOf(body, "password") ?? "",
  };
  return signedInReply(x, await x.stored(() => open.complete(first, originOf(x))));
}
