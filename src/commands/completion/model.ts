import type { Flag } from "../support/arguments.ts";
import type { CommandArgument } from "../support/command.ts";

/** What a completion script must know of a command. */
export interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly arguments: readonly CommandArgument[];
}

/** Whether the word after a flag is its value. */
export function takesWord(flag: Flag): boolean {
  return flag.placeholder !== undefined && !flag.valueOptional;
}

/** Whether the value is a place of `todos copy`: `sqlite:PATH`, `cassandra:KEYSPACE`. */
export function takesStore(flag: Flag): boolean {
  return flag.placeholder === "STORE";
}

export function takesFile(command: Completable): boolean {
  return command.arguments.some(({ name }) => name === "FILE");
}

export function argumentChoices(command: Completable): readonly string[] {
  return command.arguments[0]?.choices ?? [];
}

/** The text as one shell word, in single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
