import type { AccountSettings } from "../settings.ts";
import type { Parameters } from "../template.ts";

/** Of the secrets that Fargate gives the service. */
export function secretParameters({ oidcClientSecretArn, authProxySecretArn }: AccountSettings): Parameters {
  return { OidcClientSecretArn: oidcClientSecretArn, AuthProxySecretArn: authProxySecretArn };
}

/** Parameters of the service's stack, by the settings that give them. */
export const ACCOUNT_PARAMETERS = {
  auth: "Auth",
  publicUrl: "PublicUrl",
  trustedProxies: "TrustedProxies",
  oidcIssuer: "OidcIssuer",
  oidcClientId: "OidcClientId",
  oidcClientSecretArn: "OidcClientSecretArn",
  oidcName: "OidcName",
  oidcSignUp: "OidcSignUp",
  oidcAdminGroup: "OidcAdminGroup",
  oidcAudience: "OidcAudience",
  authProxyHeader: "AuthProxyHeader",
  authProxySecretArn: "AuthProxySecretArn",
} as const satisfies Record<keyof AccountSettings, string>;

export const ACCOUNT_KEYS = Object.keys(ACCOUNT_PARAMETERS) as readonly (keyof AccountSettings)[];

export function accountParameters(settings: AccountSettings): Parameters {
  return Object.fromEntries(ACCOUNT_KEYS.map((key) => [ACCOUNT_PARAMETERS[key], settings[key]]));
}
