import { template } from "../api/forms.ts";
import { link } from "../api/representations.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { accountsOf } from "./exchange.ts";
import { providerLink } from "./provider.ts";
import { SET_UP, SIGN_IN } from "./schemas.ts";

/** What the root shows of accounts, as the caller may use it. */
export interface RootPart {
  readonly links: Readonly<Record<string, object>>;
  readonly templates: Readonly<Record<string, object>>;
}

/** To somebody: who they are. To anyone else: how to become somebody. */
export async function accountsAtRoot(x: Exchange): Promise<RootPart> {
  const { base } = x;
  if (x.sees("signed-in")) {
    const signOut = base.at("/sessions/current");
    return {
      links: { me: link(base.at("/me")), "sign-out": link(signOut) },
      templates: { "sign-out": template("Sign out", "DELETE", signOut) },
    };
  }
  const [signIn, setUp] = [base.at("/sessions"), base.at("/set-up")];
  const isNew = await x.stored(() => accountsOf(x).setUp.isOpen());
  return {
    links: {
      "sign-in": link(signIn),
      "sign-in-passkey": link(base.at("/sessions/passkey-options")),
      ...providerLink(x),
      ...(isNew ? { "set-up": link(setUp) } : {}),
    },
    templates: {
      "sign-in": template("Sign in", "POST", signIn, SIGN_IN),
      ...(isNew ? { "set-up": template("Make the first user", "POST", setUp, SET_UP) } : {}),
    },
  };
}
