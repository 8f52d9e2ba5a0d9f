import { base62 } from "../../lib/base62.ts";
import { crc32 } from "../../lib/crc32.ts";

/** From a source that nobody can guess. */
export type RandomBytes = (count: number) => Uint8Array;

const SECRET_BYTES = 32;
/** 62⁴³ is more than 2²⁵⁶. */
const SECRET_CHARS = 43;
const TOKEN_PREFIX = "todos_";
/** 62⁶ is more than 2³². */
const CHECKSUM_CHARS = 6;

export const SECRET_PATTERN = `[0-9A-Za-z]{${SECRET_CHARS}}`;
/** Scanners that look for leaked tokens can use it. */
export const TOKEN_PATTERN = `^${TOKEN_PREFIX}[0-9A-Za-z]{${SECRET_CHARS + CHECKSUM_CHARS}}$`;

const SECRET = new RegExp(`^${SECRET_PATTERN}$`);
const TOKEN = new RegExp(TOKEN_PATTERN);

/** 256 random bits. A plain hash of it is safe to keep: nobody can try them all. */
export function newSecret(random: RandomBytes): string {
  const bits = random(SECRET_BYTES).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return base62(bits, SECRET_CHARS);
}

export function isSecret(text: string): boolean {
  return SECRET.test(text);
}

/** The secret of an API token: a prefix that shows whose it is, a secret, and a checksum of the two. */
export function newToken(random: RandomBytes): string {
  const unchecked = TOKEN_PREFIX + newSecret(random);
  return unchecked + checksum(unchecked);
}

/** Whether a text was once made as a token. One with a typing error is not. */
export function isToken(text: string): boolean {
  return TOKEN.test(text) && text.endsWith(checksum(text.slice(0, -CHECKSUM_CHARS)));
}

function checksum(unchecked: string): string {
  return base62(BigInt(crc32(unchecked)), CHECKSUM_CHARS);
}
