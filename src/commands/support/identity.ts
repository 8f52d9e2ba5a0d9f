import type { AccountDeps, ProviderDeps } from "../../application/accounts/accounts.ts";
import type { ProxyVoucher } from "../../application/accounts/ports.ts";
import type { Config } from "../../config.ts";
import { systemClock } from "./system.ts";

/** Ways in that others vouch for. What they need is loaded when it is used first. */
export function waysIn(config: Config): Pick<AccountDeps, "loadPasskeys" | "provider"> {
  return {
    loadPasskeys: async () => (await import("../../adapters/identity/passkeys/passkeys.ts")).passkeys,
    provider: providerOf(config),
  };
}

function providerOf(config: Config): ProviderDeps | undefined {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcAudience: audience } = config;
  if (issuer === undefined || clientId === undefined) return undefined;
  const adapter = loadedOnce(async () => {
    const { Issuer, signInAt, bearerTokensOf } = await import("../../adapters/identity/oidc/oidc.ts");
    const known = new Issuer({ issuer, clientId, clientSecret: config.oidcClientSecret }, systemClock);
    return { signIn: signInAt(known), bearer: bearerTokensOf(known, audience ?? "", systemClock) };
  });
  return {
    name: config.oidcName,
    signUp: config.oidcSignUp,
    adminGroup: config.oidcAdminGroup,
    load: async () => (await adapter()).signIn,
    ...(audience === undefined ? {} : { loadBearer: async () => (await adapter()).bearer }),
  };
}

/** Absent where no proxy says who is signed in. */
export async function proxyVoucherOf(config: Config): Promise<ProxyVoucher | undefined> {
  const { authProxyHeader: header, authProxySecret: secret } = config;
  if (header === undefined || secret === undefined) return undefined;
  return (await import("../../adapters/identity/proxy.ts")).proxyVoucher(header, secret);
}

function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}
