/** The members of a request or template: values of unknown shape by name. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function numberOf(fields: Fields, name: string): number | undefined {
  const text = textOf(fields, name);
  return text === undefined || text === "" ? undefined : Number(text);
}

/** The Query protocol sends `true`, JSON sends true. */
export function isTrue(fields: Fields, name: string): boolean {
  return textOf(fields, name) === "true";
}

export function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : [];
}

export function textsOf(fields: Fields, name: string): readonly string[] {
  return listOf(fields, name).map(String);
}

export function recordsOf(fields: Fields, name: string): readonly Fields[] {
  return listOf(fields, name).filter(isFields);
}

/** Turns `[{ Key, Value }]` or `[{ key, value }]` into pairs. */
export function pairsOf(fields: Fields, name: string, key: string, value: string): Map<string, string> {
  return new Map(recordsOf(fields, name).map((pair) => [textOf(pair, key) ?? "", textOf(pair, value) ?? ""]));
}

/** Writes equal values in the same way: keys sorted. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isFields(value)) return JSON.stringify(value) ?? "null";
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** Returns part of a list and the token for the next part. A token is the position in decimal. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const start = token === undefined ? 0 : Number(token);
  const end = start + size;
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}
