/** RFC 4648, section 6, without padding. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTER_BITS = 5;
const BYTE_BITS = 8;

export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << BYTE_BITS) | byte;
    count += BYTE_BITS;
    while (count >= LETTER_BITS) {
      count -= LETTER_BITS;
      text += LETTERS[(bits >> count) & 31];
    }
    bits &= (1 << count) - 1;
  }
  return count === 0 ? text : text + LETTERS[(bits << (LETTER_BITS - count)) & 31];
}

/** @returns nothing if a character is not one of the alphabet's 32 */
export function fromBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * LETTER_BITS) / BYTE_BITS));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) return undefined;
    bits = (bits << LETTER_BITS) | value;
    count += LETTER_BITS;
    if (count < BYTE_BITS) continue;
    count -= BYTE_BITS;
    bytes[at++] = bits >> count;
    bits &= (1 << count) - 1;
  }
  return bytes;
}
