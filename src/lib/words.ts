/** `1 task`, `2 tasks`, `1,000 tasks`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `1,000`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** The entries of a comma-separated list, without surrounding blanks and without empty entries. */
export function commaSeparated(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
