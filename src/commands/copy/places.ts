import { resolve } from "node:path";
import type { RowReader, RowWriter } from "../../application/copy/ports.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { keyspaceKind } from "../../config/kinds.ts";
import type { Config } from "../../config.ts";
import { cassandraSettings, placeOf } from "../support/cassandra.ts";
import { UsageError } from "../support/command.ts";
import { systemClock } from "../support/system.ts";

/** What --from or --to names. */
export type Place =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "cassandra"; readonly keyspace: string };

/** What `--from` and `--to` take. */
export const PLACE_FORMS = "sqlite:PATH, cassandra:KEYSPACE or cassandra:";

/** @throws UsageError */
export function placesOf(from: string | undefined, to: string | undefined, config: Config) {
  const places = { source: placeFrom("--from", from, config), target: placeFrom("--to", to, config) };
  if (Bun.deepEquals(places.source, places.target)) {
    throw new UsageError("--from and --to name the same store; name another target");
  }
  return places;
}

/** @throws StoreOpenError */
export async function openSource(place: Place, config: Config): Promise<RowReader> {
  if (place.kind === "sqlite") {
    return (await import("../../adapters/sqlite/copying/reader.ts")).openSqliteRows(place.path);
  }
  return onCluster(place, config, (cluster, ...where) => cluster.openCassandraRows(...where));
}

/** @throws StoreOpenError if it is served, or its schema is older */
export async function openTarget(place: Place, config: Config): Promise<RowWriter> {
  const now = systemClock.now();
  if (place.kind === "sqlite") {
    return (await import("../../adapters/sqlite/copying/writer.ts")).openSqliteRowWriter(place.path, now);
  }
  return onCluster(place, config, (cluster, ...where) => cluster.openCassandraRowWriter(...where, now));
}

type Cluster = typeof import("../../adapters/cassandra/copying/open.ts");
type Where = Parameters<Cluster["openCassandraRows"]>;

async function onCluster<T>(
  { keyspace }: Extract<Place, { kind: "cassandra" }>,
  config: Config,
  open: (cluster: Cluster, ...where: Where) => Promise<T>,
): Promise<T> {
  const given = cassandraSettings(config);
  if (!given) throw new UsageError(NO_ENDPOINTS, SEE_HELP);
  const settings = { ...given, keyspace };
  // Loaded only here: the driver would cost every other command its time.
  const cluster = await import("../../adapters/cassandra/copying/open.ts");
  try {
    return await open(cluster, settings, placeOf(settings));
  } catch (error) {
    const problem = cluster.openProblem(error, settings);
    throw problem ? new StoreOpenError(problem.sentence, error) : error;
  }
}

const NO_ENDPOINTS = "cassandra: needs CASSANDRA_ENDPOINTS (--cassandra-endpoints), the nodes of the cluster";
const SEE_HELP = "See: todos copy --help";

function placeFrom(flag: string, text: string | undefined, config: Config): Place {
  if (text === undefined) {
    throw new UsageError(`${flag} is missing; it takes ${PLACE_FORMS}`, SEE_HELP);
  }
  const colon = text.indexOf(":");
  const [kind, rest] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
  if (kind === "sqlite" && rest !== "") return { kind, path: resolve(rest) };
  if (kind !== "cassandra") throw new UsageError(`${flag} is "${text}"; it must be ${PLACE_FORMS}`);
  if (config.cassandraEndpoints.length === 0) throw new UsageError(NO_ENDPOINTS, SEE_HELP);
  const keyspace = rest === "" ? config.cassandraKeyspace : keyspaceKind.parse(rest);
  if (keyspace !== undefined) return { kind, keyspace };
  throw new UsageError(`${flag} is "${text}"; a keyspace's name is ${keyspaceKind.accepts}`);
}
