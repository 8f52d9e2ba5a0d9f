import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { CassandraSettings } from "../../adapters/cassandra/settings.ts";
import { openSqliteStore } from "../../adapters/sqlite/store.ts";
import { MeteredStore } from "../../adapters/telemetry/metered-store.ts";
import { MemoryFeed } from "../../application/feed.ts";
import type { HealthStatus, Probe } from "../../application/health.ts";
import { PendingFeed } from "../../application/pending-feed.ts";
import { PendingStore } from "../../application/pending-store.ts";
import type { Awaitable, ChangeFeed, Log, Meter } from "../../application/ports.ts";
import type { Store } from "../../application/store.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import type { Config } from "../../config.ts";
import { pause } from "../../lib/pause.ts";
import { loadCassandraParts, loadSqliteParts } from "../../resources.ts";
import { cassandraSettings, placeOf } from "../support/cassandra.ts";
import { systemClock } from "../support/system.ts";
import { diskProbe, storeProbe } from "./probes.ts";
import { spawnWriter } from "./spawn-writer.ts";

/** The store to serve from, and its store-specific parts. */
export interface ServedStore {
  readonly store: Store;
  /** For all instances on the store, or for this one alone. */
  readonly feed: ChangeFeed;
  /** For people. */
  readonly place: string;
  readonly probes: Readonly<Record<string, Probe>>;
  /** The assumed health until the first check. */
  readonly assumed: HealthStatus;
  /** Resolves when it is open; absent if it already is. @throws StoreOpenError */
  readonly opening?: Promise<void>;
  close(): Promise<void>;
}

export interface StoreChoice {
  readonly log: Log;
  readonly meter: Meter;
  /** Whether to migrate the schema first; SQLite always does. */
  readonly migrate: boolean;
  /** Refuses a store before anything is answered from it. @throws StoreOpenError */
  readonly check: (store: Store) => Awaitable<void>;
}

/** Wait before another attempt to reach a cluster, ms: doubled each time, up to the most. */
const RETRY_DELAY_MS = 250;
const RETRY_DELAY_MS_MAX = 10_000;

/** Opens the store that the configuration names. @throws StoreOpenError, CommandError */
export async function openStore(config: Config, choice: StoreChoice): Promise<ServedStore> {
  const settings = cassandraSettings(config);
  return settings ? openBehind(settings, choice, config.sharedEvents) : openFile(config.sqlitePath, choice);
}

/** Whether opening the store creates a new file. */
export function makesFile({ cassandraEndpoints, sqlitePath }: Config): boolean {
  return cassandraEndpoints.length === 0 && !existsSync(sqlitePath);
}

/** The folder whose disk the metrics report. */
export function diskPathOf({ cassandraEndpoints, sqlitePath }: Config): string {
  return cassandraEndpoints.length > 0 ? "." : dirname(sqlitePath);
}

async function openFile(path: string, { log, meter, check }: StoreChoice): Promise<ServedStore> {
  const found = await openSqliteStore({
    path,
    log,
    meter,
    clock: systemClock,
    loadParts: loadSqliteParts,
    spawn: spawnWriter,
  });
  const opened = await checked(found, check);
  const store = new MeteredStore(opened, meter);
  return {
    store,
    feed: ownFeed(),
    place: `${opened.kind}, ${opened.path}`,
    probes: { store: storeProbe(store), diskSpace: diskProbe(opened.path) },
    // The store is open: the first answer waits for neither the writer's thread nor a check of the disk.
    assumed: "UP",
    close: () => store.close(),
  };
}

async function checked<S extends Store>(store: S, check: StoreChoice["check"]): Promise<S> {
  try {
    await check(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The ports open at once, and the store as soon as its cluster can be reached. */
function openBehind(settings: CassandraSettings, choice: StoreChoice, sharedEvents: boolean): ServedStore {
  const store = new PendingStore({ kind: "cassandra", checklistOrder: "token" });
  const shared = sharedEvents ? new PendingFeed() : undefined;
  const feed = shared ?? ownFeed();
  const stopping = new AbortController();
  const opening = openWhenPossible(settings, choice, { store, feed: shared }, stopping.signal);
  return {
    store,
    feed,
    place: `cassandra, ${placeOf(settings)}`,
    probes: { store: storeProbe(store) },
    assumed: "DOWN",
    opening,
    close: async () => {
      stopping.abort();
      // Not awaited: it may be waiting for another migrator, and it can be interrupted anywhere.
      opening.catch(() => undefined);
      await feed.close();
      await store.close();
    },
  };
}

/** What happens in this process, for those who listen to it. */
function ownFeed(): MemoryFeed {
  return new MemoryFeed(Bun.randomUUIDv7().slice(-12));
}

async function openWhenPossible(
  settings: CassandraSettings,
  { log, meter, migrate, check }: StoreChoice,
  pending: { readonly store: PendingStore; readonly feed: PendingFeed | undefined },
  stopping: AbortSignal,
): Promise<void> {
  const cassandra = await import("../../adapters/cassandra/open.ts");
  const parts = await loadCassandraParts();
  for (let attempt = 0; !stopping.aborted; attempt++) {
    try {
      const options = { settings, log, meter, clock: systemClock, parts };
      const opened = await checked(await cassandra.openCassandra(options, migrate), check);
      pending.feed?.settle(opened.feed());
      pending.store.settle(new MeteredStore(opened, meter));
      return;
    } catch (error) {
      const problem = cassandra.openProblem(error, settings);
      if (!problem) throw error;
      if (!problem.passes) throw new StoreOpenError(problem.sentence, error);
      const waitMs = Math.round(
        Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2),
      );
      pending.store.explain(problem.sentence);
      log.warn("the store can't be opened yet, trying again", {
        reason: problem.sentence,
        retryInMs: waitMs,
      });
      await pause(waitMs, stopping);
    }
  }
}
