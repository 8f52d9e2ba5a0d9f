import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { inspectSqlite } from "../../adapters/sqlite/maintenance.ts";
import { reasonOf } from "../../lib/reason.ts";
import { counted } from "../../lib/words.ts";
import type { Finding, Look } from "./finding.ts";
import { fail, ok, warn } from "./finding.ts";

const MEBIBYTE = 1024 * 1024;
/** Below this the service reports its disk as DOWN. */
const FREE_BYTES_MIN = 10 * MEBIBYTE;
const FREE_BYTES_COMFORTABLE = 200 * MEBIBYTE;
const FSYNC_TRIES = 7;
const FSYNC_BLOCK = Buffer.alloc(4_096);
/** A commit waits for one fsync; beyond this, writes feel slow, however many share it. */
const FSYNC_SLOW_MS = 30;

export const dataFolder: Look = ({ sqlitePath }) => {
  const folder = dirname(resolve(sqlitePath));
  const existing = nearestExisting(folder);
  if (!statSync(existing).isDirectory()) {
    return fail(
      "data folder",
      `${existing} is a file, not a folder`,
      "choose another file with TODOS_SQLITE_PATH",
    );
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return fail(
      "data folder",
      `${existing} is not writable: ${reasonOf(error)}`,
      "let the user that runs todos write to it, or choose another file with TODOS_SQLITE_PATH",
    );
  }
  return ok("data folder", existing === folder ? `${folder} is writable` : `${folder} can be created`);
};

export const freeSpace: Look = ({ sqlitePath }) => {
  const folder = nearestExisting(dirname(resolve(sqlitePath)));
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MEBIBYTE)} MiB free at ${folder}`;
  const advice = "free some space, or use a larger disk with TODOS_SQLITE_PATH";
  if (free < FREE_BYTES_MIN) return fail("free space", message, advice);
  return free < FREE_BYTES_COMFORTABLE ? warn("free space", message, advice) : ok("free space", message);
};

export const database: Look = ({ sqlitePath }) => {
  const found = inspectSqlite(sqlitePath);
  if (found.state === "missing")
    return ok("database", `${found.path} does not exist yet; todos serve creates it`);
  if (found.state === "unusable") {
    return fail(
      "database",
      found.problem,
      "repair the file, restore a backup (todos restore FILE), or choose another file",
    );
  }
  if (found.integrityProblems.length > 0) return damaged(found.path, found.integrityProblems);
  const { path, schemaVersion, checklists, tasks, pending, servedBy } = found;
  const served = servedBy
    ? `served now${servedBy.pid === undefined ? "" : ` by pid ${servedBy.pid}`}`
    : "not served now";
  const message = `${path} is sound: schema ${schemaVersion}, ${counted(checklists, "checklist")}, ${counted(tasks, "task")}, ${served}`;
  if (pending.length === 0) return ok("database", message);
  return warn(
    "database",
    `${message}, ${counted(pending.length, "migration")} pending`,
    "todos serve applies them, or do it now: todos migrate",
  );
};

export const syncSpeed: Look = ({ sqlitePath }) => {
  const folder = nearestExisting(dirname(resolve(sqlitePath)));
  const file = join(folder, `.todos-doctor-${process.pid}`);
  try {
    const medianMs = medianSyncMs(file);
    const message = `a write is on disk after ${medianMs.toFixed(2)} ms (median of ${FSYNC_TRIES})`;
    const advice = "use a faster disk for TODOS_SQLITE_PATH, not a network file system";
    return medianMs > FSYNC_SLOW_MS ? warn("disk speed", message, advice) : ok("disk speed", message);
  } catch (error) {
    return fail(
      "disk speed",
      `cannot write a file in ${folder}: ${reasonOf(error)}`,
      "see data folder and free space",
    );
  }
};

function damaged(path: string, problems: readonly string[]): Finding {
  return fail(
    "database",
    `${path} is damaged: ${problems[0]}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ""}`,
    "stop the service, keep the file, and restore a backup: todos restore FILE",
  );
}

function medianSyncMs(file: string): number {
  const descriptor = openSync(file, "wx");
  try {
    const times: number[] = [];
    for (let tries = 0; tries < FSYNC_TRIES; tries++) {
      const start = performance.now();
      writeSync(descriptor, FSYNC_BLOCK);
      fsyncSync(descriptor);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[Math.floor(FSYNC_TRIES / 2)] ?? 0;
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}

function nearestExisting(folder: string): string {
  let nearest = folder;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return nearest;
}
