/** Markdown as a tree: what a note may contain, and nothing that could load or run anything. */
export type Block =
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "quote"; readonly blocks: readonly Block[] }
  | { readonly kind: "list"; readonly start?: number; readonly items: readonly Item[] }
  | { readonly kind: "rule" };
export interface Item {
  /** Of a task in a list: `[ ]`, `[x]`. */
  readonly done?: boolean;
  readonly blocks: readonly Block[];
}

/** Quotes and lists in each other, at most: text, not nested for fun. */
const DEPTH_MAX = 8;

const FENCE = /^ {0,3}(```|~~~)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:\s+|$)(.*)$/;
const DONE = /^\[([ xX])\]\s+/;

/** Blocks of CommonMark, and task lists. It ends for every text: each step takes at least one line. */
export function blocksOf(text: string): readonly Block[] {
  return read(text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n"), 0);
}

function read(lines: readonly string[], depth: number): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "") {
      at++;
      continue;
    }
    const [block, next] = blockAt(lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

type Read = readonly [block: Block, next: number];

function blockAt(lines: readonly string[], at: number, depth: number): Read {
  const line = lines[at] ?? "";
  const heading = HEADING.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" }, at + 1];
  if (FENCE.test(line)) return codeAt(lines, at);
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (QUOTE.test(line) && depth < DEPTH_MAX) return quoteAt(lines, at, depth);
  if (ITEM.test(line) && depth < DEPTH_MAX) return listAt(lines, at, depth);
  return paragraphAt(lines, at, depth);
}

function codeAt(lines: readonly string[], at: number): Read {
  const fence = FENCE.exec(lines[at] ?? "")?.[1] ?? "```";
  const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
  const last = end < 0 ? lines.length : end;
  return [{ kind: "code", text: lines.slice(at + 1, last).join("\n") }, last + 1];
}

function quoteAt(lines: readonly string[], at: number, depth: number): Read {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end] ?? "")) end++;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [{ kind: "quote", blocks: read(inner, depth + 1) }, end];
}

function listAt(lines: readonly string[], from: number, depth: number): Read {
  const number = /^\d+/.exec(markerOf(lines[from]))?.[0];
  const items: Item[] = [];
  let at = from;
  while (at < lines.length && isSameList(lines[at], number !== undefined)) {
    const [item, next] = itemAt(lines, at, depth);
    items.push(item);
    at = next;
  }
  const start = number === undefined || number === "1" ? {} : { start: Number(number) };
  return [{ kind: "list", ...(number === undefined ? {} : { start: 1 }), ...start, items }, at];
}

function markerOf(line: string | undefined): string {
  return ITEM.exec(line ?? "")?.[2] ?? "";
}

function isSameList(line: string | undefined, isNumbered: boolean): boolean {
  const marker = markerOf(line);
  return marker !== "" && /^\d/.test(marker) === isNumbered && !RULE.test(line ?? "");
}

/** An item goes on as long as lines are indented to its text, or continue its paragraph. */
function itemAt(lines: readonly string[], at: number, depth: number): readonly [Item, number] {
  const [, indent = "", marker = "", rest = ""] = ITEM.exec(lines[at] ?? "") ?? [];
  const width = indent.length + marker.length + 1;
  const inner = [rest];
  let end = at + 1;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (line.trim() === "") {
      if (!isIndented(lines[end + 1], width)) break;
      inner.push("");
    } else if (isIndented(line, width)) inner.push(line.slice(width));
    else if (isLazy(line, inner.at(-1))) inner.push(line.trim());
    else break;
  }
  const done = DONE.exec(inner[0] ?? "");
  if (done) inner[0] = (inner[0] ?? "").slice(done[0].length);
  const blocks = read(inner, depth + 1);
  return [done ? { done: done[1] !== " ", blocks } : { blocks }, end];
}

function isIndented(line: string | undefined, width: number): boolean {
  return line !== undefined && line.trim() !== "" && line.startsWith(" ".repeat(width));
}

function isLazy(line: string, before: string | undefined): boolean {
  return before !== undefined && before.trim() !== "" && !beginsBlock(line);
}

function beginsBlock(line: string): boolean {
  return [HEADING, FENCE, RULE, QUOTE, ITEM].some((form) => form.test(line));
}

function paragraphAt(lines: readonly string[], at: number, depth: number): Read {
  let end = at + 1;
  const goesOn = (line: string) => line.trim() !== "" && (depth >= DEPTH_MAX || !beginsBlock(line));
  while (end < lines.length && goesOn(lines[end] ?? "")) end++;
  const text = lines
    .slice(at, end)
    .map((line) => line.trimStart())
    .join("\n");
  return [{ kind: "paragraph", text: text.trimEnd() }, end];
}
