import { type Fields, isFields } from "../fields.ts";

/**
 * Decodes a Query request's form into nested values: `A.member.1.B=x` becomes `{ A: [{ B: "x" }] }`. EC2's lists have
 * no `member`. Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function decodeForm(body: string): Fields {
  const root: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(body)) put(root, name.split("."), value);
  return simplified(root) as Fields;
}

function put(root: Record<string, unknown>, path: readonly string[], value: string): void {
  let here = root;
  for (const part of path.slice(0, -1)) {
    if (!isFields(here[part])) here[part] = {};
    here = here[part] as Record<string, unknown>;
  }
  here[path.at(-1) ?? ""] = value;
}

function simplified(value: unknown): unknown {
  if (!isFields(value)) return value;
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === "member") return simplified(value.member);
  if (names.length === 1 && names[0] === "entry") return mapOf(value.entry);
  if (names.length > 0 && names.every((name) => /^\d+$/.test(name)))
    return names.sort((a, b) => Number(a) - Number(b)).map((name) => simplified(value[name]));
  return Object.fromEntries(names.map((name) => [name, simplified(value[name])]));
}

/** Decodes a map, sent as a list of `key` and `value`. */
function mapOf(entries: unknown): unknown {
  const list = simplified(entries);
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(list.filter(isFields).map((entry) => [String(entry.key), entry.value]));
}

/** @param item the name of list elements: `member` (Query), `item` (EC2), or the type's own (REST) */
export function encodeXml(value: unknown, item: "member" | "item" | "HostedZoneSummary"): string {
  if (value === undefined || value === null) return "";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    return value.map((entry) => `<${item}>${encodeXml(entry, item)}</${item}>`).join("");
  if (!isFields(value)) return escaped(String(value));
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `<${name}>${encodeXml(member, item)}</${name}>`)
    .join("");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#xD;");
}
