import { textsIn } from "../../embedded.ts" with { type: "macro" };

/** One file of migrations/sqlite. `version` is its number; `checksum` the SHA-256 of its text, hex. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Every migration this binary knows, in order and without gaps. */
export const MIGRATIONS: readonly Migration[] = textsIn("migrations/sqlite").map(([name, sql]) =>
  migration(name, sql),
);

/** @param name the file's name without its extension; it starts with the number */
export function migration(name: string, sql: string): Migration {
  const checksum = new Bun.CryptoHasher("sha256").update(sql).digest("hex");
  return { version: Number.parseInt(name, 10), name, sql, checksum };
}
