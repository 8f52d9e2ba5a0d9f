import type { Picture } from "./picture.ts";

const ESCAPED: Readonly<Record<string, string>> = { "&": "&amp;", '"': "&quot;", "<": "&lt;" };

/**
 * The page's HTML with a picture in it.
 * @param template as the build makes it: the names of what is put in stand between double braces
 */
export function withPicture(template: string, picture: Picture): string {
  const { html, ...attributes } = picture;
  const parts: Readonly<Record<string, string>> = attributes;
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) =>
    name === "html" ? html : escaped(parts[name] ?? ""),
  );
}

function escaped(text: string): string {
  return text.replace(/[&"<]/g, (char) => ESCAPED[char] ?? char);
}
