import { createHash } from "node:crypto";

/** In hexadecimal, of the text in UTF-8. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
