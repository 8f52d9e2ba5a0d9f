import { type CompareTally, type Comparison, compare, type Difference } from "../application/copy/compare.ts";
import type { RowReader } from "../application/copy/ports.ts";
import {
  type CopyOptions,
  copyOnce,
  FINISHING_ROUNDS_MAX,
  type Finish,
  finishCopy,
} from "../application/copy.ts";
import { counted, grouped } from "../lib/words.ts";
import { openSource, openTarget, PLACE_FORMS, placesOf } from "./copy/places.ts";
import { Progress } from "./copy/progress.ts";
import { CASSANDRA_SETTINGS } from "./support/cassandra.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED, jsonOption, UsageError } from "./support/command.ts";
import { newChecksum, pauseUntil } from "./support/copying.ts";
import { tellUndone } from "./support/result.ts";
import { stoppable } from "./support/signals.ts";
import { orderedIds, systemClock } from "./support/system.ts";

export const command: Command = {
  name: "copy",
  summary: "copy all data to another store",
  details:
    "Run it once while the source is in service: it copies everything. It can be stopped or killed at any moment and run again, from any machine, because all its state is in the target. Run it again as often as you like: it writes only what has changed.\n" +
    "Then set TODOS_READ_ONLY=true on the source's service, and run the copy with --finish: it copies the remaining changes, reads both stores again, and compares counts and checksums list by list. todos serve refuses the target until it is found equal.\n" +
    "Ids, versions, times and the stored answers of idempotency keys stay the same. ETags don't: clients read their data again. The source can also be the keyspace that the Java original creates without its stack (checklist.id is a uuid); stop the original before --finish. The target must be empty and not in service, with an up-to-date schema (a missing file is created). For cassandra:, the CASSANDRA_* settings say how to reach the cluster.\n" +
    "Exit codes: 0 done, 1 failed or different, 2 usage, 130 stopped with Ctrl-C.",
  arguments: [],
  options: [
    { name: "from", placeholder: "STORE", description: `the source: ${PLACE_FORMS}` },
    { name: "to", placeholder: "STORE", description: "the target, in the same form" },
    { name: "finish", description: "the last run: the source is read-only; compare, and release the target" },
    { name: "verify", description: "only compare the two stores, and change nothing" },
    jsonOption("progress, differences and the result"),
  ],
  settings: CASSANDRA_SETTINGS,
  examples: [
    { line: "todos copy --from sqlite:data/todos.db --to cassandra:todos", does: "while the file is served" },
    {
      line: "todos copy --from sqlite:data/todos.db --to cassandra:todos --finish",
      does: "with the service on TODOS_READ_ONLY=true",
    },
    { line: "todos copy --from cassandra: --to sqlite:back.db", does: "from CASSANDRA_KEYSPACE into a file" },
    { line: "todos copy --from sqlite:a.db --to cassandra:todos --verify", does: "are they equal?" },
  ],
  run: async (context) => {
    const { config, has, signals, value } = context;
    if (has("finish") && has("verify")) {
      throw new UsageError("--finish also compares; use either --finish or --verify");
    }
    const { source, target } = placesOf(value("from"), value("to"), config);
    using stopping = stoppable(signals);
    try {
      await using from = await openSource(source, config);
      if (has("verify")) {
        await using other = await openSource(target, config);
        return await verify(context, from, other, stopping.signal);
      }
      await using to = await openTarget(target, config);
      using progress = new Progress(context);
      // In the background: it only predicts how long the copy will take.
      void from.count().then((count) => progress.expect(count));
      const options: CopyOptions = {
        ...surroundings(progress, stopping.signal),
        source: from,
        target: to,
        clock: systemClock,
        ids: orderedIds(systemClock),
        newChecksum,
        onStep: (step) => progress.step(step),
        onDifference: (difference, round) => {
          if (round === FINISHING_ROUNDS_MAX) tellDifference(context, difference);
        },
      };
      return await (has("finish") ? finish(context, options) : once(context, options));
    } catch (error) {
      if (stopping.exitCode === undefined) throw error;
      tellUndone(context, "stopped", "stopped; copied rows stay, and the same command continues from there");
      return stopping.exitCode;
    }
  },
};

async function once(context: Context, options: CopyOptions): Promise<number> {
  const { written, removed, checklists, tasks, keys } = await copyOnce(options);
  const result = { event: "copied", checklists, tasks, written, removed, keys };
  say(
    context,
    result,
    `copied ${rowsOf({ checklists, tasks })}: ${counted(written, "row")} written, ${grouped(removed)} removed; next, ${options.source.toStopWrites}, and run this again with --finish`,
  );
  return EXIT_DONE;
}

async function finish(context: Context, options: CopyOptions): Promise<number> {
  const end = await finishCopy(options);
  const { source, target } = options;
  if (end.outcome === "finished before") {
    const at = new Date(end.at).toISOString();
    const line = `nothing was done: this copy was finished ${at}, when source and target were equal; serve ${target.place}`;
    say(context, { event: "finished-before", at }, line);
    return EXIT_DONE;
  }
  sayCompared(
    context,
    end.comparison,
    end.outcome === "equal" ? `; serve ${target.place}` : advice(end, source),
  );
  return end.outcome === "equal" ? EXIT_DONE : EXIT_FAILED;
}

function advice(end: Extract<Finish, { outcome: "different" }>, source: RowReader): string {
  return end.sourceChanging
    ? `; ${source.place} is still being written to: ${source.toStopWrites}, then finish again`
    : `; make sure that nothing writes to ${source.place} any more, then finish again`;
}

async function verify(
  context: Context,
  source: RowReader,
  target: RowReader,
  stop: AbortSignal,
): Promise<number> {
  using progress = new Progress(context);
  void source.count().then((count) => progress.expect(count));
  const tally: CompareTally = { checklists: 0, tasks: 0 };
  progress.step({ step: "comparing", round: 1, tally });
  const onDifference = (difference: Difference) => tellDifference(context, difference);
  const around = surroundings(progress, stop);
  const comparison = await compare({
    ...around,
    ...{ source, target, tally, newChecksum, onDifference },
    clock: { now: Date.now },
  });
  sayCompared(context, comparison, "");
  return comparison.different === 0 ? EXIT_DONE : EXIT_FAILED;
}

function surroundings(progress: Progress, stop: AbortSignal) {
  return {
    stop,
    pause: pauseUntil(stop),
    onWait: (reason: string, waitMs: number) =>
      progress.line(`waiting ${waitMs / 1_000} s before trying again: ${reason}`),
  };
}

function tellDifference(context: Context, difference: Difference): void {
  if ("record" in difference) {
    const { record } = difference;
    say(context, { event: "different", record }, `different: record of accounts ${record}`);
    return;
  }
  const { checklist, source, target } = difference;
  const side = (summed: typeof source) =>
    summed ? `${counted(summed.tasks, "task")}, checksum ${summed.checksum.slice(0, 12)}` : "no such list";
  say(
    context,
    { event: "different", checklist, ...(source && { source }), ...(target && { target }) },
    `different: checklist ${checklist}: source ${side(source)}; target ${side(target)}`,
  );
}

function sayCompared(context: Context, comparison: Comparison, next: string): void {
  const { different, differentRecords: records, checklists, tasks } = comparison;
  const rows = rowsOf({ checklists, tasks });
  const ofRecords = records === 0 ? "" : `, and in ${counted(records, "record")} of accounts`;
  const sentence =
    different === 0
      ? `source and target are equal: ${rows}, counted and summed list by list`
      : `source and target differ in ${counted(different - records, "checklist")} of ${grouped(checklists)}${ofRecords}: those above`;
  say(
    context,
    { event: "compared", equal: different === 0, checklists, tasks, different },
    `${sentence}${next}`,
  );
}

/** Data: a line for people, or the event. */
function say({ has, stdout, stderr }: Context, event: object, line: string): void {
  if (!has("json") && stderr.isTerminal) stderr.write("\r\x1b[K");
  stdout.write(`${has("json") ? JSON.stringify(event) : line}\n`);
}

function rowsOf({ checklists, tasks }: { readonly checklists: number; readonly tasks: number }): string {
  return `${counted(checklists, "checklist")} and ${counted(tasks, "task")}`;
}
