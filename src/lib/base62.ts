const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = BigInt(DIGITS.length);

/** A number in digits and letters alone, which a double click selects as one word; at least `width` characters. */
export function base62(value: bigint, width: number): string {
  let text = "";
  for (let rest = value; rest > 0n; rest /= BASE) text = (DIGITS[Number(rest % BASE)] ?? "") + text;
  return text.padStart(width, "0");
}
