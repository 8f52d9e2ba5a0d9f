/** Longer names are cut when they are sent back, so that a bad request can't make the answer grow. */
const QUOTED_NAME_CHARS_MAX = 200;

/** A JSON Pointer (RFC 6901) to a top-level member. A lone surrogate can't be sent back, so it is replaced. */
export function pointerTo(name: string): string {
  const quoted = name.length > QUOTED_NAME_CHARS_MAX ? `${name.slice(0, QUOTED_NAME_CHARS_MAX)}…` : name;
  return `/${quoted.toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
