import { TodosError } from "../../../domain/errors.ts";

/** Most nested arrays and objects. Our deepest representation has five levels; parsing many more is slow. */
export const JSON_DEPTH_MAX = 64;
/** A name is sent back in the answer; a bad request must not make the answer grow. */
const NAME_CHARS_MAX = 200;
/** The parser quotes words of the body, which may be as long as the body. */
const REASON_CHARS_MAX = 200;

const [QUOTE, COLON, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, BACKSLASH] = [
  ...Buffer.from(`":[]{}\\`),
] as [number, number, number, number, number, number, number];

/**
 * Parses JSON. Of two members with the same name JSON.parse keeps the last and other parsers keep the first, so such a
 * text is ambiguous (RFC 8259, 4) and refused.
 * @throws TodosError malformed-request
 */
export function parseJson(text: string): unknown {
  const members = membersIn(text);
  const value = parsed(text);
  // A parsed object has each name once: if the text has more members than the value, one name is repeated.
  if (membersOf(value) !== members) throw repeated(text);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed(`The body is not JSON: ${reason(cause)}.`, cause);
  }
}

/** Counts colons outside strings; meaningful only if the text is JSON. @throws TodosError if it nests too deeply */
function membersIn(text: string): number {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) members++;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (++depth > JSON_DEPTH_MAX)
        throw malformed(`The body is nested more than ${JSON_DEPTH_MAX} levels deep.`);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth--;
  }
  return members;
}

/** Index of the closing quote of the string that starts at `start`; past the end if it has none. */
function endOfString(text: string, start: number): number {
  const first = text.indexOf('"', start + 1);
  // Most strings contain no quote; for them this is many times faster.
  if (first >= 0 && text.charCodeAt(first - 1) !== BACKSLASH) return first;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function membersOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each: unknown) => sum + membersOf(each), 0);
  if (typeof value !== "object" || value === null) return 0;
  let members = 0;
  for (const each of Object.values(value)) {
    members++;
    if (typeof each === "object") members += membersOf(each);
  }
  return members;
}

/** @param text JSON in which one object has two members with the same name */
function repeated(text: string): TodosError {
  const name = repeatedName(text);
  const shown = name.length > NAME_CHARS_MAX ? `${name.slice(0, NAME_CHARS_MAX)}…` : name;
  return malformed(`The body has an object with two members named "${shown.toWellFormed()}".`);
}

function repeatedName(text: string): string {
  const open: Set<string>[] = [];
  let string = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      string = text.slice(at, end + 1);
      at = end;
    } else if (code === OPEN_OBJECT) open.push(new Set());
    else if (code === CLOSE_OBJECT) open.pop();
    else if (code === COLON) {
      // Decode first: "a" and "\u0061" are the same name.
      const name: string = JSON.parse(string);
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  throw new Error("more members than names, but no name is repeated");
}

function reason(cause: SyntaxError): string {
  const said = cause.message.replace(/^JSON Parse error: /, "");
  const cut = said.length > REASON_CHARS_MAX ? `${said.slice(0, REASON_CHARS_MAX)}…` : said;
  return cut.toWellFormed();
}

function malformed(message: string, cause?: unknown): TodosError {
  return new TodosError("malformed-request", message, cause === undefined ? {} : { cause });
}
