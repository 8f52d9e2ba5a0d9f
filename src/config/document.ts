import { CONFIG_KEYS, optionOf, shownValue } from "./options.ts";

const HEADER = ["Variable", "Flag", "Default", "Meaning"] as const;

/** Every setting as a Markdown table, for the README; a test compares the README with it. */
export function configurationTable(): string {
  const rows = CONFIG_KEYS.map((key) => {
    const { variables, flag, kind, fallback, fallbackText, imageDefault, description, secret } =
      optionOf(key);
    const plain = fallbackText ?? code(shownValue(key, fallback(false)));
    return [
      variables.map(code).join(", else "),
      secret ? "none" : code(`--${flag}`),
      imageDefault === undefined ? plain : `${plain}; in the image ${code(imageDefault)}`,
      `${description}${kind.choices === undefined || kind.choices.includes("true") ? "" : ` (${kind.choices.join(", ")})`}`,
    ];
  });
  const lines = [HEADER, HEADER.map(() => "---"), ...rows].map(
    (cells) => `| ${cells.map(escaped).join(" | ")} |`,
  );
  return `${lines.join("\n")}\n`;
}

function code(text: string): string {
  return text === "none" ? text : `\`${text}\``;
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
