/** A writer's thread whose file is moved away after its first commit, before the answer. */
import "../../../../src/commands/serve/sqlite-writer.ts";
import { existsSync, renameSync } from "node:fs";
import { Writer } from "../../../../src/adapters/sqlite/writer.ts";

const path = process.argv[2] ?? "";
const apply = Writer.prototype.apply;
Writer.prototype.apply = function (writes, now) {
  const end = apply.call(this, writes, now);
  if (!existsSync(`${path}.moved`)) renameSync(path, `${path}.moved`);
  return end;
};
