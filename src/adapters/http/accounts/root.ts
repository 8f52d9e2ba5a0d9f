import { template } from "../api/forms.ts";
import { link } from "../api/representations.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { accountsOf } from "./exchange.ts";
import { providerLink, secondFactorForm } from "./provider.ts";
import { SET_UP } from "./schemas.ts";
import { signInForms, signOutForm } from "./ways-in.ts";

/** What the root shows of accounts, as the caller may use it. */
export interface RootPart {
  readonly links: Readonly<Record<string, object>>;
  readonly templates: Readonly<Record<string, object>>;
}

/** To a user: who they are. To anyone else: how to become somebody. A guest may also stop being one. */
export async function accountsAtRoot(x: Exchange): Promise<RootPart> {
  const out = {
    links: x.sees("sign-out") ? { "sign-out": link(x.base.at("/sessions/current")) } : {},
    templates: signOutForm(x),
  };
  if (x.sees("signed-in")) return { ...out, links: { me: link(x.base.at("/me")), ...out.links } };
  const { links, templates } = await waysIn(x);
  return { links: { ...links, ...out.links }, templates: { ...templates, ...out.templates } };
}

async function waysIn(x: Exchange): Promise<RootPart> {
  const { base } = x;
  const setUp = base.at("/set-up");
  const isNew = await x.stored(() => accountsOf(x).setUp.isOpen());
  return {
    links: {
      "sign-in": link(base.at("/sessions")),
      "sign-in-passkey": link(base.at("/sessions/passkey-options")),
      ...providerLink(x),
      ...(isNew ? { "set-up": link(setUp) } : {}),
    },
    templates: {
      ...signInForms(x),
      ...(await secondFactorForm(x)),
      ...(isNew ? { "set-up": template("Make the first user", "POST", setUp, SET_UP) } : {}),
    },
  };
}
