import { hostNameOf, isLoopbackName } from "../lib/hosts.ts";
import type { ApiConfig } from "./api.ts";
import type { AuthConfig } from "./auth.ts";
import * as kinds from "./kinds.ts";
import type { Given, Section } from "./section.ts";

/** Ways to sign in other than by what the service itself keeps. */
export interface IdentityConfig {
  readonly oidcIssuer: string | undefined;
  readonly oidcClientId: string | undefined;
  readonly oidcClientSecret: string | undefined;
  /** For people. */
  readonly oidcName: string;
  readonly oidcSignUp: boolean;
  readonly oidcAdminGroup: string | undefined;
  /** Of JWTs that API clients may send. */
  readonly oidcAudience: string | undefined;
  readonly authProxyHeader: string | undefined;
  readonly authProxySecret: string | undefined;
}

type Values = IdentityConfig & Pick<ApiConfig, "trustedProxies"> & Pick<AuthConfig, "auth">;
type Key = keyof IdentityConfig;

export const IDENTITY: Section<IdentityConfig> = {
  options: {
    oidcIssuer: {
      variables: ["TODOS_OIDC_ISSUER"],
      flag: "oidc-issuer",
      kind: kinds.issuerKind,
      fallback: () => undefined,
      fallbackText: "none: no sign-in with a provider",
      description:
        "issuer URL of an OpenID provider that users can also sign in with, exactly as the provider gives it",
    },
    oidcClientId: {
      variables: ["TODOS_OIDC_CLIENT_ID"],
      flag: "oidc-client-id",
      kind: kinds.textKind,
      fallback: () => undefined,
      description: "this service's client ID at the provider",
    },
    oidcClientSecret: {
      variables: ["TODOS_OIDC_CLIENT_SECRET"],
      flag: "oidc-client-secret",
      kind: kinds.textKind,
      fallback: () => undefined,
      fallbackText: "none: a public client",
      description: "the client's secret",
      secret: true,
    },
    oidcName: {
      variables: ["TODOS_OIDC_NAME"],
      flag: "oidc-name",
      kind: kinds.textKind,
      fallback: () => "OpenID Connect",
      description: "name of the provider to show to people",
    },
    oidcSignUp: {
      variables: ["TODOS_OIDC_SIGN_UP"],
      flag: "oidc-sign-up",
      kind: kinds.booleanKind,
      fallback: () => false,
      description: "create a user for everyone who signs in there and has none yet",
    },
    oidcAdminGroup: {
      variables: ["TODOS_OIDC_ADMIN_GROUP"],
      flag: "oidc-admin-group",
      kind: kinds.textKind,
      fallback: () => undefined,
      description: "group at the provider whose members, if they signed up there, are admins",
    },
    oidcAudience: {
      variables: ["TODOS_OIDC_AUDIENCE"],
      flag: "oidc-audience",
      kind: kinds.textKind,
      fallback: () => undefined,
      fallbackText: "none: JWTs are not accepted",
      description: "audience of the provider's access tokens (JWT) that API clients may send",
    },
    authProxyHeader: {
      variables: ["TODOS_AUTH_PROXY_HEADER"],
      flag: "auth-proxy-header",
      kind: kinds.headerNameKind,
      fallback: () => undefined,
      description: "header in which a trusted proxy names the signed-in user; needs the proxy's secret",
    },
    authProxySecret: {
      variables: ["TODOS_AUTH_PROXY_SECRET"],
      flag: "auth-proxy-secret",
      kind: kinds.sharedSecretKind,
      fallback: () => undefined,
      description: "secret that the proxy sends as Todos-Proxy-Secret",
      secret: true,
    },
  },
  contradictions: (values, given) => {
    const config = values as Values;
    return [...providerMistakes(config, given), ...proxyMistakes(config, given)];
  },
  oddities: (values, { by }) => {
    if ((values as Values).auth === "accounts") return [];
    return (Object.keys(IDENTITY.options) as Key[])
      .flatMap((key) => by.get(key) ?? [])
      .map((origin) => `${origin} has no effect without TODOS_AUTH=accounts`);
  },
};

const OF_A_PROVIDER = [
  "oidcClientId",
  "oidcClientSecret",
  "oidcName",
  "oidcSignUp",
  "oidcAdminGroup",
  "oidcAudience",
] as const satisfies readonly Key[];

function providerMistakes(config: Values, { by }: Given): readonly string[] {
  const { oidcIssuer, oidcClientId, oidcAudience } = config;
  if (oidcIssuer === undefined) {
    return OF_A_PROVIDER.flatMap((key) => by.get(key) ?? []).map(
      (origin) => `${origin} is set without TODOS_OIDC_ISSUER; set both or neither`,
    );
  }
  const issuer = by.get("oidcIssuer") ?? "TODOS_OIDC_ISSUER";
  const isHere = isLoopbackName(hostNameOf(new URL(oidcIssuer).host));
  return [
    ...(oidcClientId === undefined
      ? [`${issuer} is set without TODOS_OIDC_CLIENT_ID; set both or neither`]
      : []),
    ...(oidcIssuer.startsWith("http:") && !isHere
      ? [`${issuer} is ${oidcIssuer}: over plain HTTP anyone in between could sign in as anyone; use https`]
      : []),
    ...(oidcAudience !== undefined && oidcAudience === oidcClientId
      ? [
          "TODOS_OIDC_AUDIENCE and TODOS_OIDC_CLIENT_ID are the same, so that ID tokens would open the API; give the API an audience of its own",
        ]
      : []),
  ];
}

function proxyMistakes({ trustedProxies }: Values, { by }: Given): readonly string[] {
  const [header, secret] = [by.get("authProxyHeader"), by.get("authProxySecret")];
  if (header === undefined && secret === undefined) return [];
  if (header === undefined) return [`${secret} is set without TODOS_AUTH_PROXY_HEADER; set both or neither`];
  if (secret === undefined) return [`${header} is set without TODOS_AUTH_PROXY_SECRET; set both or neither`];
  if (trustedProxies.length > 0) return [];
  return [`${header} is set without TODOS_TRUSTED_PROXIES; name the proxy's address there`];
}
