/** A writer's thread with a part; with `unloadable`, one that can't be loaded. */
import { runWriter } from "../../../../src/adapters/sqlite/writer-worker.ts";
import { notes } from "../notes-part.ts";

runWriter(async () => {
  if (process.argv[2] === "unloadable") throw new Error("no such part");
  return [notes];
});
