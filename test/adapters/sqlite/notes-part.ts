import type { Connection } from "../../../src/adapters/sqlite/connection.ts";
import { rowOf, text } from "../../../src/adapters/sqlite/rows.ts";

export const NOTE_TABLE = "CREATE TABLE note (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT";

interface Note {
  readonly id: string;
  readonly text: string;
}

/**
 * What a resource with a table of its own adds to the store. Its operations are not declared, because declarations hold
 * for the whole program.
 */
export const notes = {
  reads: (connection: Connection) => {
    const find = connection.prepare("SELECT text FROM note WHERE id = ?1");
    return {
      findNote: ({ id }: Note) => {
        const row = find.get(id);
        return row === null ? undefined : text(rowOf(row).text);
      },
    };
  },
  writes: (connection: Connection) => {
    const put = connection.prepare("INSERT INTO note (id, text) VALUES (?, ?)");
    return {
      saveNote: (note: Note) => {
        put.run(note.id, note.text);
        if (note.text === "bad") throw new Error("a bad note");
        return { outcome: "created" };
      },
    };
  },
};
