import { COMMANDS } from "../../src/commands/support/table.ts";
import { configurationTable } from "../../src/config/document.ts";

/** Tables of the README that the code generates, by the names in their markers. */
const TABLES: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  configuration: configurationTable,
};

/** The text with every table between markers generated again. @throws Error if a marker is missing */
export function withTables(markdown: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => between(name, text, table()), markdown);
}

function between(name: string, markdown: string, table: string): string {
  const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->`];
  const [from, to] = [markdown.indexOf(begin), markdown.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the markers "${begin.trim()}" and "${end}" are not there`);
  return markdown.slice(0, from + begin.length) + table + markdown.slice(to);
}

function commandTable(): string {
  const rows = COMMANDS.map(({ name, summary }) => `| \`${name}\` | ${summary} |\n`);
  return `| Command | Does |\n| --- | --- |\n${rows.join("")}`;
}
