/**
 * Whether CloudWatch Logs would count a line for a metric filter. Our own implementation of part of the language: a
 * pattern for JSON, with comparisons in parentheses, joined by && or by ||.
 * Source: CloudWatch Logs User Guide, FilterAndPatternSyntaxForMetricFilters.html.
 * @throws SyntaxError for a pattern outside that part
 */
export function filterMatches(pattern: string, line: string): boolean {
  const inside = /^\{\s*(.+?)\s*\}$/.exec(pattern)?.[1];
  if (inside === undefined) throw new SyntaxError(`not a pattern for JSON: ${pattern}`);
  const event: unknown = JSON.parse(line);
  const either = inside.split(/\s*\|\|\s*/);
  if (either.length > 1 && inside.includes("&&"))
    throw new SyntaxError(`&& and || in one pattern: ${pattern}`);
  return either.some((part) => part.split(/\s*&&\s*/).every((comparison) => holds(comparison, event)));
}

const COMPARISON = /^\(\s*\$\.([\w.]+)\s*(=|!=|>=|<=|>|<)\s*(?:"([^"]*)"|(-?\d+(?:\.\d+)?))\s*\)$/;

function holds(comparison: string, event: unknown): boolean {
  const [, path = "", operator = "", text, number] = COMPARISON.exec(comparison) ?? [];
  if (path === "") throw new SyntaxError(`not a comparison in parentheses: ${comparison}`);
  const value = path.split(".").reduce<unknown>((inner, name) => memberOf(inner, name), event);
  // A missing value is neither equal nor unequal to anything.
  if (value === undefined) return false;
  if (text === undefined) return typeof value === "number" && compared(value, operator, Number(number));
  const wanted = new RegExp(`^${text.split("*").map(escaped).join(".*")}$`, "s");
  if (operator === "=") return wanted.test(String(value));
  if (operator === "!=") return !wanted.test(String(value));
  throw new SyntaxError(`texts are only equal or not: ${comparison}`);
}

function compared(value: number, operator: string, other: number): boolean {
  if (operator === "=") return value === other;
  if (operator === "!=") return value !== other;
  if (operator === ">=") return value >= other;
  if (operator === "<=") return value <= other;
  return operator === ">" ? value > other : value < other;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
