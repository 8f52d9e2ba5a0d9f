import type { Provenance } from "../config.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, jsonOption } from "./support/command.ts";

export const command: Command = {
  name: "config",
  summary: "show the effective configuration and the origin of each value",
  details: "Secrets are hidden. Run it with the flags and environment of the service.",
  arguments: [],
  options: [jsonOption("the settings")],
  settings: "all",
  examples: [
    { line: "todos config", does: "every setting, its value and its origin" },
    { line: "todos config --json --port 9000", does: "the effect of a flag" },
  ],
  run: async ({ has, provenance, warnings, stdout, stderr }) => {
    for (const warning of warnings) stderr.write(`todos: ${warning}\n`);
    stdout.write(has("json") ? jsonLines(provenance) : columns(provenance));
    return EXIT_DONE;
  },
};

function jsonLines(provenance: readonly Provenance[]): string {
  const rows = provenance.map(({ variable, value, source, origin }) => ({
    setting: variable,
    value,
    source,
    origin,
  }));
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function columns(provenance: readonly Provenance[]): string {
  const names = Math.max(...provenance.map(({ variable }) => variable.length));
  const values = Math.max(...provenance.map(({ value }) => shown(value).length));
  return provenance
    .map(
      ({ variable, value, origin }) =>
        `${variable.padEnd(names)}  ${shown(value).padEnd(values)}  ${origin}\n`,
    )
    .join("");
}

/** Some settings have the value `none`. */
function shown(value: Provenance["value"]): string {
  return value === null ? "(not set)" : String(value);
}
