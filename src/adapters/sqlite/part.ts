import type { Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type { Awaitable } from "../../application/ports.ts";
import type { CoreReadName, Query, ReadAnswer, ReadName } from "../../application/queries.ts";
import type { Connection } from "./connection.ts";

/** How each read is done. */
export type Readers<N extends ReadName = ReadName> = {
  readonly [K in N]: (query: Query<K>) => Awaitable<ReadAnswer<K>>;
};

/** How each write is done, within a transaction. @param now milliseconds since the Unix epoch */
export type Writers<N extends WriteName = WriteName> = {
  readonly [K in N]: (command: Command<K>, now: number) => WriteAnswer<K>;
};

/** What a resource with tables of its own adds to the store. Each of the two prepares its statements. */
export interface SqlitePart<R extends ReadName = never, W extends WriteName = never> {
  readonly reads: (connection: Connection) => Readers<R>;
  /** Called in the writer's thread. */
  readonly writes: (connection: Connection) => Writers<W>;
}

export type LoadParts = () => Promise<readonly SqlitePart[]>;

/** Those of the store itself and of its parts. */
export function allReaders(
  core: Readers<CoreReadName>,
  parts: readonly SqlitePart[],
  connection: Connection,
): Readers {
  return Object.assign({}, core, ...parts.map(({ reads }) => reads(connection)));
}

export function writersOf(parts: readonly SqlitePart[], connection: Connection): Writers {
  return Object.assign({}, ...parts.map(({ writes }) => writes(connection)));
}
