const PATH_CHARS_MAX = 2_048;
/** Printable ASCII without space, quotes, angle brackets and backslash: parsers disagree about those. */
const PLAIN = /^\/(?!\/)[!#-;=?-[\]^_a-z{|}~]*$/i;
/** No host can have this name (RFC 6761). */
const SOMEWHERE = "http://somewhere.invalid";

/**
 * A path of this site, with query and fragment, to which a browser may be sent. Nothing for what could lead elsewhere:
 * `//evil.example`, `/\\evil.example`, `https:evil.example`, `good.example@evil.example`.
 */
export function localPath(text: string): string | undefined {
  if (text.length > PATH_CHARS_MAX || !PLAIN.test(text)) return undefined;
  const url = URL.parse(text, SOMEWHERE);
  // A path like /.//evil.example becomes //evil.example.
  if (url?.origin !== SOMEWHERE || url.pathname.startsWith("//")) return undefined;
  return url.pathname + url.search + url.hash;
}
