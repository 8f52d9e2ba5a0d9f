import { createHmac, timingSafeEqual } from "node:crypto";
import { toBase32 } from "./base32.ts";

/** What every authenticator app takes without being told: SHA-1, 6 digits, 30 s. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** Steps before and after the current one whose codes are valid: for a clock that is off, and for slow typists. */
const WINDOW_STEPS = 1;
/** RFC 4226, 4: as long as the hash. */
export const TOTP_SECRET_BYTES = 20;

/** Counted from the Unix epoch. */
export function totpStep(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS);
}

/** The code of a step. Source: RFC 6238, and RFC 4226, 5.3. */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = mac.readUInt8(mac.length - 1) & 0xf;
  const number = mac.readUInt32BE(at) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
}

/**
 * The step that a code is of, if it may be taken now. Note it and pass it as `usedStep` from then on: neither its code
 * nor an earlier one is taken again.
 */
export function acceptedTotpStep(
  secret: Uint8Array,
  code: string,
  nowMs: number,
  usedStep = -1,
): number | undefined {
  const digits = code.replaceAll(/[\s-]/g, "");
  if (!/^\d{6}$/.test(digits)) return undefined;
  const now = totpStep(nowMs);
  let accepted: number | undefined;
  // All are compared, in the same time: how long it takes tells nothing.
  for (let step = Math.max(0, now - WINDOW_STEPS); step <= now + WINDOW_STEPS; step++) {
    const isEqual = timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(digits));
    if (isEqual && step > usedStep) accepted ??= step;
  }
  return accepted;
}

/**
 * For a QR code. Source: Google Authenticator, "Key Uri Format", which separates by colons: those in the names become
 * spaces.
 * @param issuer what the app shows as the service
 */
export function totpUrl(secret: Uint8Array, issuer: string, account: string): string {
  const [service, user] = [issuer, account].map((name) => encodeURIComponent(name.replaceAll(":", " ")));
  const parameters = `secret=${toBase32(secret)}&issuer=${service}`;
  return `otpauth://totp/${service}:${user}?${parameters}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1_000}`;
}
