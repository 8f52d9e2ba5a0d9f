/** A terminal session in a Markdown text: the input, and the terminal's output. */
export interface Transcript {
  /** Verbatim, for bash. */
  readonly script: string;
  /** Everything that the commands print, in order. */
  readonly output: string;
}

const PROMPT = "$ ";
const CONTINUATION = "> ";

/**
 * The one block of the language `console` under the heading `heading`. In it, `$ ` begins a command, `> ` continues it,
 * and any other line is output.
 * @throws Error if there is not exactly one
 */
export function sessionUnder(heading: string, markdown: string): Transcript {
  const section = markdown.split(/^(?=## )/m).find((text) => text.startsWith(`## ${heading}\n`)) ?? "";
  const blocks = [...section.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) throw new Error(`"${heading}" has ${blocks.length} sessions`);
  const typed = (line: string) => line.startsWith(PROMPT) || line.startsWith(CONTINUATION);
  const lines = block.split("\n");
  return {
    script: lines
      .filter(typed)
      .map((line) => `${line.slice(PROMPT.length)}\n`)
      .join(""),
    output: lines.filter((line) => !typed(line)).join("\n"),
  };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g;

/** Makes varying parts equal: ids are numbered as they appear, times are `TIME`. */
export function normalised(text: string): string {
  const ids = [...new Set(text.match(UUID))];
  return text.replaceAll(UUID, (id) => `ID-${ids.indexOf(id) + 1}`).replaceAll(TIME, "TIME");
}

/** Every word that is a key, with what the map has for it. A word does not begin or end within a number or name. */
export function withReplaced(text: string, words: ReadonlyMap<string, string>): string {
  const keys = [...words.keys()].map((key) => key.replaceAll(/[^\w]/g, "\\$&"));
  const pattern = new RegExp(`(?<!\\w)(?:${keys.join("|")})(?!\\w)`, "g");
  return text.replaceAll(pattern, (key) => words.get(key) ?? key);
}
