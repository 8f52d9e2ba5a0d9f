/** The UTF-8 of a text, in lower-case hexadecimal. */
export function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

/** What {@link hexOf} made; some other text if it is not from there. */
export function textOf(hex: string): string {
  return Buffer.from(hex, "hex").toString();
}
