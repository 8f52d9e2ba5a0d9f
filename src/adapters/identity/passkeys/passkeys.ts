import { type NewPasskey, PasskeyError, type Passkeys } from "../../../application/accounts/ports.ts";
import { type Answer, bytesOf, checkClientData, readAnswer } from "./answer.ts";
import { readAuthenticatorData } from "./authenticator-data.ts";
import { readCbor } from "./cbor.ts";
import { isSigned, readKey } from "./cose.ts";

const TRANSPORTS = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"];

/**
 * WebAuthn Level 3, 7.1 and 7.2, without attestation: we ask for none and trust any authenticator its user trusts.
 */
export const passkeys: Passkeys = {
  challengeOf(answer) {
    const challenge = tried(answer)?.clientData.challenge;
    return typeof challenge === "string" ? challenge : undefined;
  },

  named(answer) {
    const read = tried(answer);
    if (!read) return undefined;
    const handle = read.response.userHandle;
    const userId = typeof handle === "string" ? Buffer.from(handle, "base64url").toString() : undefined;
    return { id: read.id, userId };
  },

  registered(answer, challenge, party) {
    const read = readAnswer(answer);
    checkClientData(read, "webauthn.create", challenge, party);
    const { credential, ...data } = readAuthenticatorData(attestedData(read), party);
    if (credential?.id !== read.id)
      throw new PasskeyError("The answer has no passkey, or not the one it names.");
    readKey(credential.publicKey);
    return {
      ...data,
      id: read.id,
      publicKey: Buffer.from(credential.publicKey).toString("base64url"),
      transports: transportsOf(read),
    } satisfies NewPasskey;
  },

  used(answer, challenge, party, known) {
    const read = readAnswer(answer);
    checkClientData(read, "webauthn.get", challenge, party);
    const signed = bytesOf(read.response, "authenticatorData");
    const { counter, backedUp } = readAuthenticatorData(signed, party);
    const key = readKey(Buffer.from(known.publicKey, "base64url"));
    const data = Buffer.concat([signed, read.clientDataHash]);
    if (!isSigned(key, data, bytesOf(read.response, "signature")))
      throw new PasskeyError("The signature is wrong.");
    // An authenticator that counts never repeats itself: somebody copied the passkey, and one of the two is a thief.
    if ((counter > 0 || known.counter > 0) && counter <= known.counter)
      throw new PasskeyError("The passkey's counter went back: it may be a copy.");
    return { counter, backedUp };
  },
};

function tried(answer: unknown): Answer | undefined {
  try {
    return readAnswer(answer);
  } catch (error) {
    if (error instanceof PasskeyError) return undefined;
    throw error;
  }
}

function attestedData({ response }: Answer): Uint8Array {
  const bytes = bytesOf(response, "attestationObject");
  try {
    const { value } = readCbor(bytes);
    const data = value instanceof Map ? value.get("authData") : undefined;
    if (data instanceof Uint8Array) return data;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new PasskeyError("The attestation object is broken.");
}

/** Hints for the browser alone; what we do not know is left out. */
function transportsOf({ response: { transports } }: Answer): readonly string[] {
  return Array.isArray(transports) ? TRANSPORTS.filter((known) => transports.includes(known)) : [];
}
