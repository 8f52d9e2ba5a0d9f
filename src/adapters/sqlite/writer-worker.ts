/**
 * The writer's thread: an fsync here blocks nobody else. Messages are JSON text, one answer each, in order
 * of arrival; see writes.ts.
 */
import type { Command } from "../../application/commands.ts";
import { Connection, openWriter } from "./connection.ts";
import { examine } from "./examine.ts";
import { type FileIdentity, Whereabouts } from "./file-identity.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { LoadParts, SqlitePart } from "./part.ts";
import { failureOf, MOVED, MOVED_MEANWHILE } from "./sqlite-errors.ts";
import { type BatchEnd, Writer } from "./writer.ts";
import type { FromWriter, ToWriter } from "./writes.ts";

declare const self: Worker;

/** Between two steps of housekeeping, so that batches go first, ms. */
const HOUSEKEEPING_PAUSE_MS = 5;
/** After a step that failed, ms. */
const HOUSEKEEPING_RETRY_MS = 10_000;

const PROBE = `INSERT INTO meta (key, value) VALUES ('probe', hex(randomblob(?1 / 2)))
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`;

let writer: Writer | undefined;
let housekeeping: Housekeeping | undefined;
let nextStep: ReturnType<typeof setTimeout> | undefined;
let whereabouts: Whereabouts | undefined;
let tidyBefore = 0;
let parts: readonly SqlitePart[] = [];

/** What arrives before the parts are loaded waits for them. */
export function runWriter(loadParts: LoadParts): void {
  const early: string[] = [];
  self.onmessage = ({ data }: MessageEvent<string>) => void early.push(data);
  loadParts().then(
    (loaded) => {
      parts = loaded;
      self.onmessage = ({ data }: MessageEvent<string>) => receive(JSON.parse(data));
      for (const data of early) receive(JSON.parse(data));
    },
    (error) => answer({ kind: "broken", failure: failureOf(error) }),
  );
}

const receive = (message: ToWriter) => {
  switch (message.kind) {
    case "open":
      return answer(opened(message.path, message.identity));
    case "batch": {
      answer({ kind: "batch", ...applied(message.writes, message.now) });
      const deletes = message.writes.some(({ op }) => op === "deleteChecklist" || op === "discardChecklist");
      return deletes ? tidySoon() : undefined;
    }
    case "tidy":
      tidyBefore = message.now;
      return tidySoon();
    case "probe":
      return answer({ kind: "probed", ...attempt(() => probe(message.bytes)) });
    case "examine":
      return answer({ kind: "examined", ...attempt(() => examine(message.path)) });
    case "close":
      return answer({ kind: "closed", ...attempt(close) });
  }
};

function opened(path: string, identity: FileIdentity): FromWriter {
  try {
    whereabouts = new Whereabouts(path, identity);
    writer = new Writer(new Connection(openWriter(path)), parts);
    housekeeping = new Housekeeping(writer);
    return { kind: "opened" };
  } catch (error) {
    return { kind: "broken", failure: failureOf(error) };
  }
}

/** An acknowledged write went to the file at its path, both before and after. */
function applied(writes: readonly Command[], now: number): BatchEnd {
  const before = whereabouts?.problem();
  if (before !== undefined) return failed(writes, MOVED, before);
  const end = started().apply(writes, now);
  const after = whereabouts?.problem();
  return after === undefined ? end : failed(writes, MOVED_MEANWHILE, after);
}

function failed(writes: readonly Command[], code: string, message: string): BatchEnd {
  return { ends: writes.map(() => ({ failure: { code, message } })), commits: 0 };
}

/** Only a real commit shows that there is room; an update to the same value would write nothing. */
function probe(bytes: number): void {
  const open = started();
  open.transaction(() => open.connection.db.run(PROBE, [bytes]));
}

function close(): void {
  clearTimeout(nextStep);
  const { connection } = started();
  writer = undefined;
  try {
    connection.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    connection.close();
  }
}

function tidySoon(pauseMs = 0): void {
  clearTimeout(nextStep);
  nextStep = setTimeout(tidyStep, pauseMs);
}

function tidyStep(): void {
  if (!writer) return;
  try {
    if (housekeeping?.step(tidyBefore)) tidySoon(HOUSEKEEPING_PAUSE_MS);
  } catch (error) {
    // A full disk or a lock; the file still records what is left to do.
    answer({ kind: "postponed", failure: failureOf(error) });
    tidySoon(HOUSEKEEPING_RETRY_MS);
  }
}

function attempt(work: () => void): Pick<Extract<FromWriter, { kind: "probed" }>, "failure"> {
  try {
    work();
    return {};
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function started(): Writer {
  if (!writer) throw new Error("the writer is not open");
  return writer;
}

function answer(message: FromWriter): void {
  self.postMessage(JSON.stringify(message));
}
