/**
 * A writer's thread that ends during its first batch: `before` it starts, `in` its transaction, or `after` its
 * commit but before the answer.
 */
// Not by await import(): messages that come in the meantime would be lost.
import "../../../../src/commands/serve/sqlite-writer.ts";
import { Writer } from "../../../../src/adapters/sqlite/writer.ts";

const dies = process.argv[2];
const apply = Writer.prototype.apply;

/** The end may come a moment later; until then nothing else is done. */
function end(): never {
  process.exit(1);
  throw new Error("the thread ends");
}

Writer.prototype.apply = function (writes, now) {
  if (dies === "after") apply.call(this, writes, now);
  if (dies === "in") {
    const { db } = this.connection;
    db.run("BEGIN IMMEDIATE");
    db.run("INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES ('x', 'x', 0, 0, 1)");
  }
  return end();
};
