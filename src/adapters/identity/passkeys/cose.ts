import { createPublicKey, type KeyObject, verify, type webcrypto } from "node:crypto";
import { PasskeyError } from "../../../application/accounts/ports.ts";
import { type Cbor, readCbor } from "./cbor.ts";

/** Signature algorithms by their number in COSE: what we ask authenticators for, best first. */
export const ALGORITHMS = [-8, -7, -257] as const;
type Algorithm = (typeof ALGORITHMS)[number];

interface Key {
  readonly key: KeyObject;
  readonly digest: "sha256" | undefined;
}

/** Reads a public key. Source: RFC 9052, 7, and RFC 9053, 7. @throws PasskeyError if it is of another kind */
export function readKey(cose: Uint8Array): Key {
  const { value, end } = readCbor(cose);
  if (!(value instanceof Map) || end !== cose.length)
    throw new PasskeyError("The public key is not a COSE key.");
  const jwk = jwkOf(value);
  if (jwk === undefined) throw new PasskeyError("The public key is neither ES256, EdDSA nor RS256.");
  return {
    key: imported(jwk),
    digest: value.get(3) === -8 ? undefined : "sha256",
  };
}

/** COSE's labels: 1 kind of key, 3 algorithm; the negative ones depend on the kind. */
function jwkOf(cose: ReadonlyMap<number | string, Cbor>): webcrypto.JsonWebKey | undefined {
  const text = (label: number): string => {
    const bytes = cose.get(label);
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64url") : "";
  };
  const made: Record<Algorithm, () => webcrypto.JsonWebKey | undefined> = {
    [-7]: () =>
      cose.get(1) === 2 && cose.get(-1) === 1
        ? { kty: "EC", crv: "P-256", x: text(-2), y: text(-3) }
        : undefined,
    [-8]: () =>
      cose.get(1) === 1 && cose.get(-1) === 6 ? { kty: "OKP", crv: "Ed25519", x: text(-2) } : undefined,
    [-257]: () => (cose.get(1) === 3 ? { kty: "RSA", n: text(-1), e: text(-2) } : undefined),
  };
  return made[cose.get(3) as Algorithm]?.();
}

function imported(jwk: webcrypto.JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    throw new PasskeyError("The public key is not a point or number of its kind.");
  }
}

export function isSigned({ key, digest }: Key, data: Uint8Array, signature: Uint8Array): boolean {
  return verify(digest, data, key, signature);
}
