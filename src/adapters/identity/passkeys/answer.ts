import { createHash } from "node:crypto";
import { PasskeyError, type RelyingParty } from "../../../application/accounts/ports.ts";

type Json = Readonly<Record<string, unknown>>;

/** Base64url without padding, as browsers write it; and a limit: a credential's id has at most 1,023 bytes. */
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const MEMBER_CHARS_MAX = 16_384;

/** What a browser sends: `PublicKeyCredential.toJSON()`. */
export interface Answer {
  readonly id: string;
  readonly response: Json;
  readonly clientData: Json;
  readonly clientDataHash: Uint8Array;
}

/** @throws PasskeyError if it is not one */
export function readAnswer(answer: unknown): Answer {
  const { id, type, response } = object(answer, "The answer");
  if (type !== "public-key") throw new PasskeyError("The answer's type is not public-key.");
  const given = object(response, "The answer's response");
  const clientDataBytes = bytesOf(given, "clientDataJSON");
  return {
    id: coded(id, "id"),
    response: given,
    clientData: object(parsed(clientDataBytes), "clientDataJSON"),
    clientDataHash: createHash("sha256").update(clientDataBytes).digest(),
  };
}

/** @throws PasskeyError if it is not there */
export function bytesOf(response: Json, member: string): Uint8Array {
  return Buffer.from(coded(response[member], member), "base64url");
}

/** WebAuthn 7.1 and 7.2: what the browser says it was asked, by whom. @throws PasskeyError */
export function checkClientData(
  { clientData }: Answer,
  type: "webauthn.create" | "webauthn.get",
  challenge: string,
  { origin }: RelyingParty,
): void {
  if (clientData.type !== type) throw new PasskeyError(`The answer is not for ${type}.`);
  if (clientData.challenge !== challenge) throw new PasskeyError("The answer is for another challenge.");
  if (clientData.origin !== origin) throw new PasskeyError(`The answer is not from ${origin}.`);
  if (clientData.crossOrigin === true)
    throw new PasskeyError("The answer is from a page inside another one.");
}

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new PasskeyError(`${what} is not an object.`);
  return value as Json;
}

function coded(value: unknown, what: string): string {
  if (typeof value === "string" && value.length <= MEMBER_CHARS_MAX && BASE64URL.test(value)) return value;
  throw new PasskeyError(`The answer's ${what} is not base64url.`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new PasskeyError("clientDataJSON is not JSON.");
  }
}
