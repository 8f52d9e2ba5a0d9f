import text from "./common.txt" with { type: "text" };

/**
 * Those of about 50,000 of the commonest passwords that are not too short anyway, in lower case and sorted. From SecLists
 * and zxcvbn-ts, both under the MIT licence.
 */
const COMMON: ReadonlySet<string> = new Set(text.trimEnd().split("\n"));

/** Whatever its case is. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}
