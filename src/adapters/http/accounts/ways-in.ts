import { offered, type Template, template } from "../api/forms.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { providerForm } from "./provider.ts";
import { SIGN_IN } from "./schemas.ts";

type Forms = Readonly<Record<string, Template>>;

/**
 * For those who are nobody yet, and for those who must show again that it is them.
 * @param login of the user, if it is known
 */
export function signInForms(x: Exchange, login?: string): Forms {
  const { base } = x;
  const values = login === undefined ? {} : { login };
  return {
    "sign-in": template("Sign in", "POST", base.at("/sessions"), SIGN_IN, values),
    "sign-in-passkey": template("Sign in with a passkey", "POST", base.at("/sessions/passkey-options")),
    ...providerForm(x),
  };
}

export function signOutForm(x: Exchange): Forms {
  return offered(x, "sign-out", {
    "sign-out": template("Sign out", "DELETE", x.base.at("/sessions/current")),
  });
}
