import { createHash } from "node:crypto";
import { PasskeyError, type RelyingParty } from "../../../application/accounts/ports.ts";
import { readCbor } from "./cbor.ts";

/** WebAuthn 6.1: hash of the party's id, flags, counter; then id and public key of a new credential. */
const FLAGS_AT = 32;
const COUNTER_AT = 33;
const ATTESTED_AT = 37;
const ID_LENGTH_AT = ATTESTED_AT + 16;
const ID_AT = ID_LENGTH_AT + 2;
const ID_BYTES_MAX = 1_023;

const FLAGS = {
  present: 0x01,
  verified: 0x04,
  eligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extended: 0x80,
} as const;

export interface AuthenticatorData {
  readonly counter: number;
  readonly deviceType: "singleDevice" | "multiDevice";
  readonly backedUp: boolean;
  /** Of a registration. */
  readonly credential?: { readonly id: string; readonly publicKey: Uint8Array };
}

/**
 * Reads what an authenticator signed, and checks it: made for us, for a person who was there and was recognized.
 * @throws PasskeyError
 */
export function readAuthenticatorData(data: Uint8Array, { id }: RelyingParty): AuthenticatorData {
  if (data.length < ATTESTED_AT) throw new PasskeyError("The authenticator's data ends early.");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const party = createHash("sha256").update(id).digest();
  if (!party.equals(data.subarray(0, FLAGS_AT))) throw new PasskeyError(`The passkey is not for ${id}.`);
  const flags = view.getUint8(FLAGS_AT);
  const has = (flag: keyof typeof FLAGS) => (flags & FLAGS[flag]) !== 0;
  if (!has("present") || !has("verified"))
    throw new PasskeyError("The authenticator did not verify its user.");
  if (has("backedUp") && !has("eligible"))
    throw new PasskeyError("The authenticator's flags contradict each other.");
  return {
    counter: view.getUint32(COUNTER_AT),
    deviceType: has("eligible") ? "multiDevice" : "singleDevice",
    backedUp: has("backedUp"),
    ...(has("attested") ? { credential: credentialIn(data, view, has("extended")) } : {}),
  };
}

function credentialIn(data: Uint8Array, view: DataView, extended: boolean) {
  const idEnd = data.length < ID_AT ? Number.POSITIVE_INFINITY : ID_AT + view.getUint16(ID_LENGTH_AT);
  if (idEnd > data.length || idEnd - ID_AT > ID_BYTES_MAX)
    throw new PasskeyError("The passkey's id is too long.");
  const keyEnd = endOfCbor(data, idEnd);
  if (!extended && keyEnd !== data.length)
    throw new PasskeyError("The authenticator's data has bytes left over.");
  return {
    id: Buffer.from(data.subarray(ID_AT, idEnd)).toString("base64url"),
    publicKey: data.subarray(idEnd, keyEnd),
  };
}

function endOfCbor(data: Uint8Array, start: number): number {
  try {
    return readCbor(data, start).end;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PasskeyError("The passkey's public key is broken.");
  }
}
