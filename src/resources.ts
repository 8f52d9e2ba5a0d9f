import type { CassandraPart } from "./adapters/cassandra/part.ts";
import type { ApiResource } from "./adapters/http/api/resource.ts";
import type { SqlitePart } from "./adapters/sqlite/part.ts";

/** A resource's module in each layer. Each is loaded where and when it is needed. */
interface Resource {
  readonly api: () => Promise<ApiResource>;
  /** How each store keeps it; absent if it has no tables of its own. */
  readonly sqlite?: () => Promise<SqlitePart>;
  readonly cassandra?: () => Promise<CassandraPart>;
}

/** Every resource of the service, in the order of the root's links. */
export const RESOURCES = [
  { api: async () => (await import("./adapters/http/api/checklists.ts")).checklists },
  { api: async () => (await import("./adapters/http/api/tasks.ts")).tasks },
  { api: async () => (await import("./adapters/http/api/agenda.ts")).agenda },
  { api: async () => (await import("./adapters/http/api/search.ts")).search },
  { api: async () => (await import("./adapters/http/api/trash.ts")).trash },
] as const satisfies readonly Resource[];

const all: readonly Resource[] = RESOURCES;

export function loadApi(): Promise<readonly ApiResource[]> {
  return Promise.all(all.map(({ api }) => api()));
}

export function loadSqliteParts(): Promise<readonly SqlitePart[]> {
  return Promise.all(all.flatMap(({ sqlite }) => (sqlite ? [sqlite()] : [])));
}

export function loadCassandraParts(): Promise<readonly CassandraPart[]> {
  return Promise.all(all.flatMap(({ cassandra }) => (cassandra ? [cassandra()] : [])));
}
