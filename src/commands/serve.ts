import { loadRecurrenceDates } from "../adapters/recurrence/load.ts";
import { droppedLine, lineFormat } from "../adapters/telemetry/log-format.ts";
import { createLogSink } from "../adapters/telemetry/log-sink.ts";
import { createLoggers } from "../adapters/telemetry/loggers.ts";
import { createMetrics, type Metrics } from "../adapters/telemetry/metrics.ts";
import { Health, PROBE_INTERVAL_MS, PROBES_TO_TURN } from "../application/health.ts";
import { HEALTH_LOGGER, HealthLog } from "../application/health-log.ts";
import type { Loggers } from "../application/ports.ts";
import type { Store } from "../application/store.ts";
import { useCases } from "../application/use-cases.ts";
import { BUILD_INFO } from "../build-info.ts";
import type { Config } from "../config.ts";
import type { ServedAccounts } from "./serve/accounts.ts";
import { announce, announceWait } from "./serve/announce.ts";
import { crashOf } from "./serve/crash.ts";
import { drain } from "./serve/drain.ts";
import { listen, type Shared, tryPorts } from "./serve/listening.ts";
import { diskPathOf, makesFile, openStore, type ServedStore } from "./serve/stores.ts";
import { refuseUsers, warnOfStrangers } from "./serve/without-accounts.ts";
import { type Command, type Context, EXIT_BY_SIGNAL, EXIT_DONE, type StopSignal } from "./support/command.ts";
import { managementOf } from "./support/management.ts";
import { orderedIds, systemClock } from "./support/system.ts";

const STDOUT = 1;
/** What is not needed for the first answer waits for it: a look at the disk starts a thread. */
const FIRST_LOOK_DELAY_MS = 50;

export const command: Command = {
  name: "serve",
  summary: "run the service (the default)",
  arguments: [],
  options: [
    { name: "migrate", description: "bring the schema up to date first; on SQLite that always happens" },
  ],
  settings: "all",
  examples: [
    { line: "todos", does: "serve http://127.0.0.1:8181 on data/todos.db" },
    { line: "todos --port 0 --sqlite /tmp/try.db", does: "serve a scratch database on a free port" },
    {
      line: "CASSANDRA_ENDPOINTS=10.0.0.1,10.0.0.2 todos",
      does: "serve from Cassandra, after todos migrate",
    },
    { line: "TODOS_READ_ONLY=true todos", does: "serve, and answer 503 to writes" },
  ],
  async run(context) {
    await using closers = new AsyncDisposableStack();
    const { logFormat: format, logLevel: level } = context.config;
    const { colors } = context.stdout;
    const sink = createLogSink(STDOUT, droppedLine(lineFormat(format, colors), systemClock));
    closers.defer(() => sink.flush());
    const write = (text: string): void => sink.write(text);
    const loggers = createLoggers({ format, level, write, colors, clock: systemClock });
    using crash = crashOf(loggers.get("todos"));
    return await Promise.race([serve(context, loggers, write, closers), crash.told]);
  },
};

/** Everything opened here is closed in reverse order, however this ends. */
async function serve(
  context: Context,
  loggers: Loggers,
  write: (text: string) => void,
  closers: AsyncDisposableStack,
): Promise<number> {
  const { config } = context;
  const log = loggers.get("todos");
  for (const warning of context.warnings) log.warn(warning);
  const scheme = config.tlsCert === undefined ? "http" : "https";
  const metrics = createMetrics({ scheme, diskPath: diskPathOf(config), build: BUILD_INFO });
  closers.defer(() => metrics.stop());
  if (makesFile(config)) tryPorts(config);
  const served = await openStore(config, {
    log: loggers.get("todos.store"),
    meter: metrics,
    migrate: context.has("migrate"),
    check: (store) => refuseUsers(config, store),
  });
  closers.defer(() => served.close());
  const health = new Health(served.probes, served.assumed);
  const withAccounts = config.auth === "accounts" ? await loadAccounts(config, served, loggers) : undefined;
  const shared = sharedServices(config, served, health, loggers, metrics, withAccounts);
  const servers = await listen(config, shared, withAccounts?.loadRoutes);
  warnOfStrangers(config, servers, log);
  const healthLog = new HealthLog(health, loggers.get(HEALTH_LOGGER), systemClock);
  const look = () => void health.look().then(() => healthLog.tell());
  startProbing(look, config.healthDetails === "always", closers);
  const stop = nextSignal(context);
  const url = servers[0]?.origin;
  if (served.opening) log.info("listening; not ready until the store is", { url, store: served.place });
  const readyFirst = await Promise.race([ready(served, health).then(() => true), stop.then(() => false)]);
  const isJson = config.logFormat === "json";
  if (readyFirst) announce({ log, write, servers, store: served.place, isJson });
  if (readyFirst) await withAccounts?.begin(url);
  await stop;
  const drained = drain({
    servers,
    health,
    log,
    delayMs: config.drainDelayMs,
    timeoutMs: config.drainTimeoutMs,
    onWait: (requests) => announceWait({ log, write, isJson }, requests, config.drainTimeoutMs),
  });
  // A terminal that goes away may say so twice: the shell does, and the kernel.
  const second = await Promise.race([drained.then(() => undefined), nextSignal(context, ["SIGHUP"])]);
  log.info(second ? "stopped at once, after a second signal" : "stopped");
  return second ? EXIT_BY_SIGNAL[second] : EXIT_DONE;
}

/** They cost nothing where there are none. */
async function loadAccounts(config: Config, served: ServedStore, loggers: Loggers): Promise<ServedAccounts> {
  const { servedAccounts } = await import("./serve/accounts.ts");
  return servedAccounts(config, served, loggers);
}

/** Now and then. @param shown whether every answer has details, the first one too */
function startProbing(look: () => void, shown: boolean, closers: AsyncDisposableStack): void {
  if (shown) look();
  const first = shown ? undefined : setTimeout(look, FIRST_LOOK_DELAY_MS);
  const probing = setInterval(look, PROBE_INTERVAL_MS);
  closers.defer(() => {
    clearTimeout(first);
    clearInterval(probing);
  });
}

/** Resolves once the store is open and its health says so. @throws StoreOpenError */
async function ready({ opening }: ServedStore, health: Health): Promise<void> {
  if (!opening) return;
  await opening;
  // It has just answered: as many looks as it takes to turn, and none a while later.
  for (let look = 0; look < PROBES_TO_TURN; look++) await health.look();
}

function sharedServices(
  config: Config,
  { store, feed }: ServedStore,
  health: Health,
  loggers: Loggers,
  metrics: Metrics,
  withAccounts: ServedAccounts | undefined,
): Shared {
  const deps = {
    store,
    feed,
    clock: systemClock,
    ids: orderedIds(systemClock),
    random: Math.random,
    loadRecurrenceDates,
    trashDays: config.trashDays,
    hasAccounts: withAccounts !== undefined,
  };
  return {
    ...useCases(deps),
    ...withAccounts?.services,
    feed,
    health,
    loggers,
    log: loggers.get("todos.http"),
    accessLog: loggers.get("todos.http.access"),
    meter: metrics,
    metrics,
    get epoch() {
      return store.epoch;
    },
    settings: {
      ...config,
      healthDetails: config.healthDetails === "always",
      management: managementOf(config),
    },
    facts: {
      version: BUILD_INFO.version,
      get info() {
        return infoOf(store, config);
      },
      sbom: async () => (await import("../sbom.ts")).SBOM_JSON,
      findings: doctorOf(config),
    },
  };
}

/** Loaded by the first who asks. */
function doctorOf(config: Config): Shared["facts"]["findings"] {
  let doctor: Promise<Shared["facts"]["findings"]> | undefined;
  return async () => {
    doctor ??= import("./findings/service.ts").then(({ serviceDoctor }) => serviceDoctor(config));
    return (await doctor)();
  };
}

function infoOf({ kind, durability }: Store, { deployedAt }: Config): Readonly<Record<string, unknown>> {
  const { name, version, bun, commit, commitTime } = BUILD_INFO;
  return {
    build: { name, version, bun },
    git: { commit: { id: commit.slice(0, 7), time: commitTime, full: commit } },
    store: { kind, durability },
    ...(deployedAt === undefined ? {} : { deployment: { time: deployedAt } }),
  };
}

function nextSignal(context: Context, ignored: readonly StopSignal[] = []): Promise<StopSignal> {
  return new Promise((resolve) => {
    const off = context.signals.on((signal) => {
      if (ignored.includes(signal)) return;
      off();
      resolve(signal);
    });
  });
}
