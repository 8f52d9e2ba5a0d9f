import { toBase32 } from "../../lib/base32.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { RandomBytes } from "./secrets.ts";

const CODES = 10;
/** 80 random bits each, in 16 letters and digits. */
const CODE_BYTES = 10;
const GROUP = /.{4}(?=.)/g;

/** Codes that help once each when the authenticator is lost: `ab2c-defg-hij3-klmn`. */
export function newRecoveryCodes(random: RandomBytes): readonly string[] {
  return Array.from({ length: CODES }, () =>
    toBase32(random(CODE_BYTES)).toLowerCase().replace(GROUP, "$&-"),
  );
}

/** What is kept of a code; however a person has typed it. 0 and 1 are in none: they are an O and an L. */
export function recoveryHash(code: string): string {
  const typed = code.toLowerCase().replaceAll(/[\s-]/g, "");
  return sha256(typed.replaceAll("0", "o").replaceAll("1", "l"));
}
