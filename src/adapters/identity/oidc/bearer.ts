import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import {
  type BearerTokens,
  IdentityError,
  type IssuedIdentity,
} from "../../../application/accounts/ports.ts";
import type { Clock } from "../../../application/ports.ts";
import { CLOCK_TOLERANCE_S, type Issuer, unreachable } from "./issuer.ts";

/** Signatures by keys of which the issuer alone has the secret half: never `none`, never HS256 and the like. */
const ALGORITHMS = [
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
  "RS384",
  "RS512",
];
/** RFC 9068 calls an access token `at+jwt`; many issuers write `JWT`, or nothing. */
const TYPES = ["at+jwt", "jwt"];
const TOKEN_CHARS_MAX = 8_192;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** A key we don't know makes us ask the issuer for its keys again, but not more often than that. */
const KEYS_AGAIN_MS = 60_000;
const KEYS_KEPT_MS = 10 * 60_000;
const TIMEOUT_MS = 5_000;

/**
 * Access tokens (JWT) of an issuer for us as `audience`. Keys come from where the issuer's own description says:
 * addresses and keys in a token's header (`jku`, `x5u`, `jwk`, `x5c`) mean nothing.
 */
export function bearerTokensOf(issuer: Issuer, audience: string, clock: Clock): BearerTokens {
  let keys: { readonly uri: string; readonly get: JWTVerifyGetKey } | undefined;

  async function keysOf(): Promise<JWTVerifyGetKey> {
    const { jwks_uri: uri } = (await issuer.configured()).serverMetadata();
    if (uri === undefined) throw unreachable(issuer.url, new Error("it names no address of its keys"));
    if (keys?.uri !== uri) {
      const timing = {
        cooldownDuration: KEYS_AGAIN_MS,
        cacheMaxAge: KEYS_KEPT_MS,
        timeoutDuration: TIMEOUT_MS,
      };
      keys = { uri, get: createRemoteJWKSet(new URL(uri), timing) };
    }
    return keys.get;
  }

  return {
    async verified(token) {
      if (token.length > TOKEN_CHARS_MAX || !JWT.test(token)) return undefined;
      checkClaimed(token);
      const key = await keysOf();
      const expected = (await issuer.configured()).serverMetadata().issuer;
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ALGORITHMS,
          issuer: expected,
          audience,
          currentDate: new Date(clock.now()),
          clockTolerance: CLOCK_TOLERANCE_S,
          requiredClaims: ["exp", "sub"],
        });
        return identityOf(payload, expected);
      } catch (error) {
        throw isRefusal(error) ? notGood(error) : unreachable(issuer.url, error);
      }
    },
  };
}

/** What can be told without keys: nonsense must not make us ask the issuer for any. */
function checkClaimed(token: string): void {
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    if (!ALGORITHMS.includes(alg ?? ""))
      throw new IdentityError(`The token's algorithm is not one of ${ALGORITHMS.join(", ")}.`);
    const type = typ?.toLowerCase().replace(/^application\//, "");
    if (type !== undefined && !TYPES.includes(type))
      throw new IdentityError("The token's type is not at+jwt.");
    // An ID token tells a client who signed in, and passes through browsers: it opens nothing.
    if (decodeJwt(token).nonce !== undefined)
      throw new IdentityError("The token is an ID token, not an access token.");
  } catch (error) {
    // What jose throws where it can't read a token.
    const isBroken = error instanceof TypeError || error instanceof errors.JOSEError;
    throw isBroken ? notGood(error) : error;
  }
}

/** Keys that could not be had are not the token's fault: jose throws its plain base class for an answer without any. */
function isRefusal(error: unknown): error is errors.JOSEError {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  return error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC";
}

function notGood(error: Error): IdentityError {
  return new IdentityError(`The token is not valid: ${error.message}.`, { cause: error });
}

function identityOf({ sub = "", name }: JWTPayload, issuer: string): IssuedIdentity {
  return { issuer, subject: sub, ...(typeof name === "string" ? { name } : {}) };
}
