import type { Command, CoreWriteName, WriteAnswer, WriteName } from "../../application/commands.ts";
import type { Clock, Log } from "../../application/ports.ts";
import type { CoreReadName, Query, ReadAnswer, ReadName } from "../../application/queries.ts";
import type { Session } from "./session.ts";

/** How each read is done. */
export type Readers<N extends ReadName = ReadName> = {
  readonly [K in N]: (query: Query<K>) => Promise<ReadAnswer<K>>;
};

/** How each write is done. Nothing is tried after `latest`, a time of `performance.now()`. */
export type Writers<N extends WriteName = WriteName> = {
  readonly [K in N]: (command: Command<K>, latest: number) => Promise<WriteAnswer<K>>;
};

export interface PartDeps {
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a resource with tables of its own adds to the store. */
export interface CassandraPart<R extends ReadName = never, W extends WriteName = never> {
  readonly reads: (deps: PartDeps) => Readers<R>;
  readonly writes: (deps: PartDeps) => Writers<W>;
}

/** Those of the store itself and of its parts. */
export function allReaders(
  core: Readers<CoreReadName>,
  parts: readonly CassandraPart[],
  deps: PartDeps,
): Readers {
  return Object.assign({}, core, ...parts.map(({ reads }) => reads(deps)));
}

/** Those of the store itself and of its parts. */
export function allWriters(
  core: Writers<CoreWriteName>,
  parts: readonly CassandraPart[],
  deps: PartDeps,
): Writers {
  return Object.assign({}, core, ...parts.map(({ writes }) => writes(deps)));
}
