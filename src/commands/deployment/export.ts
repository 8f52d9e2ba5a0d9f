import type { AwsKeys } from "../../adapters/aws/connection.ts";
import type { CassandraSettings } from "../../adapters/cassandra/settings.ts";
import { type Comparison, compare } from "../../application/copy/compare.ts";
import type { RowReader, RowWriter } from "../../application/copy/ports.ts";
import { type CopyOptions, type CopyStep, copyOnce, finishCopy } from "../../application/copy.ts";
import type { DataExport, ExportWork } from "../../application/deploy/data-export.ts";
import { DeployError } from "../../application/deploy/errors.ts";
import type { Reporter } from "../../application/deploy/events.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { counted, grouped } from "../../lib/words.ts";
import { cassandraSettings } from "../support/cassandra.ts";
import { type Context, UsageError } from "../support/command.ts";
import { newChecksum, pauseUntil } from "../support/copying.ts";
import { orderedIds, systemClock } from "../support/system.ts";
import { type ExportPlace, fileUnwritten, isOfFile, keyspaceUnread, notEqual } from "./export-problems.ts";

const TOLD_EVERY_MS = 1_000;
const NOTHING_DELETED = "nothing was deleted";
const SERVICE_DELETED =
  "only the service was deleted: all data is in the keyspace, and todos deploy brings the service back";

export interface ExportOptions {
  readonly keyspace: string;
  readonly region: string;
  readonly file: string;
  /** The keys that delete the stacks, so that the keyspace belongs to the same account. */
  readonly keys: () => Promise<AwsKeys>;
  readonly reporter: Reporter;
}

/**
 * Copies a keyspace into a SQLite file as `todos copy` does, from this machine. Of the Cassandra settings only the
 * address counts; the server must have the certificate of the region's Keyspaces.
 * @throws UsageError if they lead elsewhere
 */
export function keyspaceExport(context: Context, options: ExportOptions): DataExport {
  const settings = keyspacesSettings(context, options);
  const at = (kept: string): ExportPlace => ({
    keyspace: options.keyspace,
    endpoint: `${settings.endpoints.join(", ")} port ${settings.port}`,
    file: options.file,
    kept,
  });
  const tell = (text: string) => options.reporter.report({ event: "note", text });
  return {
    copy: (work) => {
      tell(`copying all data of the keyspace ${options.keyspace} to ${options.file}`);
      return run(work, settings, at(NOTHING_DELETED), options, copied);
    },
    finish: (work) => {
      tell("the service is gone: copying what changed in the meantime and comparing");
      return run(work, settings, at(SERVICE_DELETED), options, finished);
    },
  };
}

function keyspacesSettings(
  { configuration }: Context,
  { keyspace, region, keys }: ExportOptions,
): CassandraSettings {
  const { config, mistakes } = configuration.readKeyspaces({ keyspace, region });
  if (mistakes.length > 0) throw new UsageError(mistakes.join("\n"));
  const settings = cassandraSettings(config);
  if (settings?.sigv4?.region !== region) {
    throw new UsageError(
      `CASSANDRA_ENDPOINTS is ${config.cassandraEndpoints.join(",")}, in another region than the environment (${region}); unset it`,
    );
  }
  return { ...settings, sigv4: { region, credentials: keys } };
}

type Work = (options: CopyOptions, place: ExportPlace) => Promise<Comparison | undefined>;

async function run(
  { signal, touch }: ExportWork,
  settings: CassandraSettings,
  place: ExportPlace,
  { reporter }: ExportOptions,
  work: Work,
): Promise<void> {
  const cluster = await import("../../adapters/cassandra/copying/open.ts");
  const { file } = place;
  let step: CopyStep | undefined;
  const tell = (): void => {
    touch();
    if (step === undefined) return;
    const { checklists, tasks } = step.tally;
    reporter.report({ event: "export", file, step: step.step, checklists, tasks });
  };
  using _telling = every(TOLD_EVERY_MS, tell);
  try {
    await using source = await cluster.openCassandraRows(settings, `the keyspace ${place.keyspace}`);
    await using target = await openFile(file, place);
    const options = copyOptions(source, target, signal, reporter);
    const compared = await work(
      {
        ...options,
        onStep: (next) => {
          step = next;
          tell();
        },
      },
      place,
    );
    if (compared) reporter.report({ event: "export", file, step: "done", ...compared });
  } catch (error) {
    if (signal.aborted || error instanceof DeployError) throw error;
    if (isOfFile(error)) throw fileUnwritten(error, place);
    const problem = cluster.openProblem(error, settings);
    throw problem ? keyspaceUnread(error, problem, place) : error;
  }
}

async function openFile(file: string, place: ExportPlace): Promise<RowWriter> {
  const { openSqliteRowWriter } = await import("../../adapters/sqlite/copying/writer.ts");
  try {
    return openSqliteRowWriter(file, systemClock.now());
  } catch (error) {
    throw error instanceof StoreOpenError ? fileUnwritten(error, place) : error;
  }
}

function copyOptions(
  source: RowReader,
  target: RowWriter,
  stop: AbortSignal,
  reporter: Reporter,
): Omit<CopyOptions, "onStep"> {
  return {
    source,
    target,
    stop,
    newChecksum,
    clock: systemClock,
    ids: orderedIds(systemClock),
    pause: pauseUntil(stop),
    onWait: (reason, waitMs) =>
      reporter.report({ event: "waiting", text: `${reason} Trying again in ${waitMs / 1_000} s.` }),
    onDifference: () => undefined,
  };
}

/** A file that an earlier run finished is left unchanged, if it still equals the keyspace. */
const copied: Work = async (options, place) => {
  const marker = await options.target.marker();
  if (marker?.phase === "finished" && marker.source === options.source.epoch) {
    await comparedAgain(options, place);
    return undefined;
  }
  try {
    await copyOnce(options);
  } catch (error) {
    throw error instanceof StoreOpenError ? fileUnwritten(error, place) : error;
  }
  return undefined;
};

const finished: Work = async (options, place) => {
  const end = await finishCopy(options);
  if (end.outcome === "finished before") return comparedAgain(options, place);
  if (end.outcome === "equal") return end.comparison;
  throw notEqual(
    end.sourceChanging
      ? "something else still writes to the keyspace"
      : `after the copy, ${counted(end.comparison.different, "checklist")} of ${grouped(end.comparison.checklists)} are different`,
    "stop everything else that uses the keyspace, then run the same command again: it continues where it stopped",
    place,
  );
};

async function comparedAgain(options: CopyOptions, place: ExportPlace): Promise<Comparison> {
  const tally = { checklists: 0, tasks: 0 };
  options.onStep({ step: "comparing", round: 1, tally });
  const comparison = await compare({ ...options, tally, onDifference: () => undefined });
  if (comparison.different === 0) return comparison;
  throw notEqual(
    `it holds an earlier export, but ${counted(comparison.different, "checklist")} ${comparison.different === 1 ? "has" : "have"} changed since`,
    "name another file with --export, or move that one",
    place,
  );
}

function every(ms: number, work: () => void): Disposable {
  const timer = setInterval(work, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
