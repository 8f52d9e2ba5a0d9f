/** Text with its emphasis, code and links. */
export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "break" }
  | { readonly kind: "strong" | "em" | "del"; readonly inner: readonly Inline[] }
  | { readonly kind: "link"; readonly href: string; readonly inner: readonly Inline[] };

/** Where a link may lead. Anything else, `javascript:` above all, stays text. */
const SCHEMES = ["http:", "https:", "mailto:", "tel:"];
/** Emphasis in emphasis, at most. */
const DEPTH_MAX = 8;

const ESCAPED = /^\\([!-/:-@[-`{-~])/;
const CODE = /^(`+)([\s\S]*?[^`])\1(?!`)/;
const LINK =
  /^!?\[((?:\\.|[^\][\\])*)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\s*\)/;
const AUTO = /^<([a-z][a-z0-9+.-]*:[^\s<>]*)>/i;
const BARE = /^https?:\/\/[^\s<>"]+/i;
const MARKS = [
  ["strong", /^\*\*(?=\S)([\s\S]*?\S)\*\*/],
  ["strong", /^__(?=\S)([\s\S]*?\S)__(?![\p{L}\p{N}])/u],
  ["del", /^~~(?=\S)([\s\S]*?\S)~~/],
  ["em", /^\*(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)/],
  ["em", /^_(?=[^\s_])([\s\S]*?[^\s_])_(?![\p{L}\p{N}_])/u],
] as const;
/** What may begin something; everything up to the next of them is text. */
const PLAIN = /^(?:[^\\`![<*_~\nh]|h(?!ttps?:\/\/))+/i;

/** @param text of a paragraph, heading or item */
export function inlineOf(text: string, depth = 0): readonly Inline[] {
  const parts: Inline[] = [];
  let plain = "";
  let before = "";
  const flush = () => {
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
  };
  for (let rest = text; rest !== ""; ) {
    const [part, length] = partAt(rest, before, depth);
    if (typeof part === "string") plain += part;
    else {
      flush();
      parts.push(part);
    }
    before = rest[length - 1] ?? "";
    rest = rest.slice(length);
  }
  flush();
  return parts;
}

type Part = readonly [part: Inline | string, length: number];

/** What `rest` begins with; at the least, one character of text. @param before the character before it */
function partAt(rest: string, before: string, depth: number): Part {
  const plain = PLAIN.exec(rest)?.[0];
  if (plain !== undefined) return [plain, plain.length];
  if (rest.startsWith("\n")) return [{ kind: "break" }, 1];
  const escaped = ESCAPED.exec(rest);
  if (escaped) return [escaped[1] ?? "", escaped[0].length];
  const code = CODE.exec(rest);
  if (code) return [{ kind: "code", text: codeText(code[2] ?? "") }, code[0].length];
  return (
    (depth < DEPTH_MAX ? (linkAt(rest, depth) ?? markAt(rest, before, depth)) : undefined) ?? [
      rest[0] ?? "",
      1,
    ]
  );
}

function codeText(text: string): string {
  return /^ .*[^ ].* $/s.test(text) ? text.slice(1, -1) : text;
}

/** A picture is a link to it: showing it would ask another server for it. */
function linkAt(rest: string, depth: number): Part | undefined {
  const match = LINK.exec(rest);
  const named = match && safeHref(match[2] ?? "");
  if (match && named !== undefined && named !== null) {
    const name = match[1] === "" ? (match[2] ?? "") : (match[1] ?? "");
    return [{ kind: "link", href: named, inner: withoutLinks(inlineOf(name, depth + 1)) }, match[0].length];
  }
  const auto = AUTO.exec(rest);
  const bare = auto ? undefined : BARE.exec(rest)?.[0].replace(/[.,;:!?'*_~)\]]+$/, "");
  const url = auto?.[1] ?? bare;
  const href = url === undefined ? undefined : safeHref(url);
  if (url === undefined || href === undefined) return undefined;
  return [{ kind: "link", href, inner: [{ kind: "text", text: url }] }, auto?.[0].length ?? url.length];
}

function markAt(rest: string, before: string, depth: number): Part | undefined {
  for (const [kind, pattern] of MARKS) {
    // snake_case has no emphasis in it.
    if (rest.startsWith("_") && /[\p{L}\p{N}]/u.test(before)) continue;
    const match = pattern.exec(rest);
    if (match) return [{ kind, inner: inlineOf(match[1] ?? "", depth + 1) }, match[0].length];
  }
  return undefined;
}

/** The address as the browser will understand it, if it leads where a link may. @returns undefined otherwise */
export function safeHref(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return SCHEMES.includes(protocol) ? href : undefined;
}

function withoutLinks(parts: readonly Inline[]): readonly Inline[] {
  return parts.flatMap((part) => (part.kind === "link" ? part.inner : [part]));
}
