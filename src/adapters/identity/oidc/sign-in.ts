import * as client from "openid-client";
import {
  type BegunSignIn,
  IdentityError,
  type IssuedIdentity,
  type SignInProvider,
} from "../../../application/accounts/ports.ts";
import { type Issuer, unreachable } from "./issuer.ts";

const SCOPES = ["openid", "profile"];
/** Not one of the standard's: some refuse it, and name what they know. */
const GROUPS_SCOPE = "groups";

/** The code flow with PKCE (S256), state and nonce. */
export function signInAt(issuer: Issuer): SignInProvider {
  return {
    async begin(redirectUri) {
      const configuration = await issuer.configured();
      const begun = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        redirectUri,
      };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: scopesAt(configuration).join(" "),
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, begun };
    },

    async finish(search, begun) {
      const configuration = await issuer.configured();
      const tokens = await granted(issuer, configuration, search, begun);
      const claims = tokens.claims();
      if (!claims) throw new IdentityError("The provider gave no ID token.");
      return identityOf(await completed(configuration, claims, tokens.access_token));
    },
  };
}

type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

function scopesAt(configuration: client.Configuration): readonly string[] {
  const hasGroups = configuration.serverMetadata().scopes_supported?.includes(GROUPS_SCOPE);
  return hasGroups ? [...SCOPES, GROUPS_SCOPE] : SCOPES;
}

async function granted(
  issuer: Issuer,
  configuration: client.Configuration,
  search: string,
  begun: BegunSignIn,
) {
  const callback = new URL(begun.redirectUri);
  callback.search = search;
  try {
    return await client.authorizationCodeGrant(configuration, callback, {
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      pkceCodeVerifier: begun.verifier,
      idTokenExpected: true,
    });
  } catch (error) {
    throw isRefusal(error)
      ? new IdentityError(sentence(error), { cause: error })
      : unreachable(issuer.url, error);
  }
}

/** A request that did not come through is the network's fault; all else is wrong with what the browser brought. */
function isRefusal(error: unknown): error is Error {
  if (REFUSALS.some((kind) => error instanceof kind)) return true;
  return error instanceof client.ClientError && !NETWORK_CODES.includes(error.code ?? "");
}

/** What the provider refuses: the sign-in, the code, or our client. */
const REFUSALS = [
  client.AuthorizationResponseError,
  client.ResponseBodyError,
  client.WWWAuthenticateChallengeError,
];
const NETWORK_CODES = [
  "OAUTH_TIMEOUT",
  "OAUTH_ABORT",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
];

function sentence(error: Error): string {
  const { message } = error.cause instanceof Error ? error.cause : error;
  return `The sign-in at the provider failed: ${message}${codeOf(error)}.`;
}

function codeOf(error: Error): string {
  if (error instanceof client.WWWAuthenticateChallengeError)
    return ` (${error.cause[0]?.parameters.error ?? "it does not accept this client"})`;
  const isTold =
    error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError;
  return isTold ? ` (${error.error})` : "";
}

/** The ID token's claims, and what only the provider's user info says. */
async function completed(
  configuration: client.Configuration,
  claims: Claims,
  accessToken: string,
): Promise<Claims> {
  const isWhole =
    claims.groups !== undefined && claims.preferred_username !== undefined && claims.name !== undefined;
  if (isWhole || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
  const info = await client.fetchUserInfo(configuration, accessToken, claims.sub);
  return { ...info, ...claims };
}

function identityOf({ iss, sub, ...claims }: Claims): IssuedIdentity {
  const { preferred_username: login, name, groups } = claims;
  return {
    issuer: iss,
    subject: sub,
    ...(typeof login === "string" ? { login } : {}),
    ...(typeof name === "string" ? { name } : {}),
    ...(Array.isArray(groups) ? { groups: groups.filter((group) => typeof group === "string") } : {}),
  };
}
