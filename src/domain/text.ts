/**
 * Characters that trimming removes: ECMAScript's WhiteSpace and LineTerminator, written out because
 * regular-expression dialects disagree about `\s`. For use inside a character class.
 */
export const TRIMMED_CHARS =
  "\\t\\n\\u000B\\f\\r \\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF";

/** Every text from a user must match this before trimming: no NUL, and at least one character that is not blank. */
export const TEXT_PATTERN = textPatternWithout("");

/** As {@link TEXT_PATTERN}, for a text that must not contain some other characters either. */
export function textPatternWithout(others: string): string {
  return `^[^\\u0000${others}]*[^\\u0000${others}${TRIMMED_CHARS}][^\\u0000${others}]*$`;
}

/** Length in Unicode code points. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isHighSurrogate(text.charCodeAt(i)) && isLowSurrogate(text.charCodeAt(i + 1))) {
      count--;
      i++;
    }
  }
  return count;
}

/**
 * Why `text` can't be stored after trimming, or `undefined` if it can.
 * @param charsMax most Unicode code points
 */
export function textProblem(text: string, charsMax: number): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length === 0) return "must not be empty or blank";
  // Code points never outnumber UTF-16 units, so the count is needed only for long texts.
  if (trimmed.length > charsMax && codePoints(trimmed) > charsMax) {
    return `must have at most ${charsMax} characters; it has ${codePoints(trimmed)}`;
  }
  if (text.includes("\0")) return "must not contain the character NUL (U+0000)";
  if (!text.isWellFormed()) return "must not contain a lone surrogate (half of a UTF-16 pair)";
  return undefined;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
