/** Of ISO-HDLC, as in gzip and PNG; bits reversed. */
const POLYNOMIAL = 0xedb88320;
const BITS = 8;

/** The CRC-32 of a text of ASCII characters. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < BITS; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
