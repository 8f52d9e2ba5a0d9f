import type { AccountSettings } from "../../domain/deployment/settings.ts";
import { ACCOUNT_KEYS, ACCOUNT_PARAMETERS } from "../../domain/deployment/stacks/account-parameters.ts";
import type { Engine } from "./engine.ts";
import type { Finding } from "./events.ts";
import { inForce } from "./in-force.ts";
import type { StackState } from "./ports.ts";

type States = ReadonlyMap<string, StackState | undefined>;
/** Empty: not set. */
type Values = Readonly<Record<keyof AccountSettings, string>>;

/** Whether the service has accounts after a deploy with these settings. */
export function accountsInForce(engine: Engine, states: States, { auth }: AccountSettings): boolean {
  return inForce(engine, states, "ecs", ACCOUNT_PARAMETERS.auth, auth) === "accounts";
}

/** Whether the settings of accounts, with those that the stack keeps, make a service that starts. */
export function accountProblems(engine: Engine, settings: AccountSettings, states: States): Finding[] {
  const value = (key: keyof AccountSettings) =>
    inForce(engine, states, "ecs", ACCOUNT_PARAMETERS[key], settings[key]);
  const values = Object.fromEntries(ACCOUNT_KEYS.map((key) => [key, value(key)])) as Values;
  return [...together(values), ...withoutAccounts(settings, values), ...withoutAddress(values)];
}

/** The service checks the same, but only when its tasks start. */
function together(values: Values): Finding[] {
  const { oidcIssuer, oidcClientId, oidcAudience, authProxyHeader, authProxySecretArn, trustedProxies } =
    values;
  const ofProvider = [values.oidcClientSecretArn, values.oidcName, values.oidcAdminGroup, oidcAudience];
  const needsProvider = values.oidcSignUp === "true" || ofProvider.some((each) => each !== "");
  const provider = [oidcIssuer, oidcClientId];
  const proxy = [authProxyHeader, authProxySecretArn];
  return [
    isPartly(provider) || (oidcIssuer === "" && needsProvider)
      ? problem("an OpenID provider needs its issuer and a client", "give --oidc-issuer and --oidc-client-id")
      : [],
    isPartly(proxy) || (authProxyHeader !== "" && trustedProxies === "")
      ? problem(
          "a proxy that signs people in needs a header, a secret and an address",
          "give --auth-proxy-header, --auth-proxy-secret and --trusted-proxies",
        )
      : [],
    oidcAudience !== "" && oidcAudience === oidcClientId
      ? problem(
          "the audience of access tokens is the client's ID, so that ID tokens would open the API",
          "give the API an audience of its own with --oidc-audience",
        )
      : [],
  ].flat();
}

function isPartly(values: readonly string[]): boolean {
  return values.includes("") && values.some((value) => value !== "");
}

function withoutAccounts({ auth }: AccountSettings, values: Values): Finding[] {
  if (values.auth === "accounts") return [];
  const { oidcIssuer, authProxyHeader } = values;
  // Turned off by name: what belongs to them stays, and does nothing.
  if (auth === "none" || (oidcIssuer === "" && authProxyHeader === "")) return [];
  return problem("ways to sign in need accounts", "add --auth accounts");
}

function withoutAddress({ auth, oidcIssuer, publicUrl }: Values): Finding[] {
  if (auth !== "accounts" || oidcIssuer === "" || publicUrl !== "") return [];
  return [
    {
      level: "note",
      what: "the OpenID provider must send people back to the service's private name",
      next: "if they reach it elsewhere, give that address with --public-url",
    },
  ];
}

function problem(what: string, next: string): Finding[] {
  return [{ level: "problem", what, next }];
}
