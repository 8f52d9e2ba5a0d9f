/**
 * Characters that a terminal might obey or show misleadingly: control characters such as escape, except tab and line
 * feed; marks, embeddings and overrides of writing direction; line and paragraph separators.
 */
const UNSAFE =
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]";
const UNSAFE_CHARACTER = new RegExp(UNSAFE, "g");
/** Escape sequences that commands write themselves: a few colours, and clearing the line of a progress display. */
const OURS_OR_UNSAFE = new RegExp(`\\r?\\x1b\\[(?:0m|1m|3[1236]m|90m|K)|${UNSAFE}`, "g");

/**
 * A foreign text made safe for a terminal: control characters are written as `\u001b`, which JSON reads back unchanged.
 */
export function harmless(text: string): string {
  return text.replace(UNSAFE_CHARACTER, escaped);
}

/** Output of a command made safe for a terminal: like `harmless`, but keeps what the program writes itself. */
export function forTerminal(output: string): string {
  return output.replace(OURS_OR_UNSAFE, (found) => (found.length > 1 ? found : escaped(found)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
