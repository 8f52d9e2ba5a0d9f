import type { Copy } from "../copy/copy.ts";

/** So long is kept what this browser sent. */
const HISTORY_MS = 7 * 24 * 60 * 60 * 1_000;
const HISTORY_MAX = 10_000;

/** Removes what nobody can look at, or undo, any more. */
export async function tidy(copy: Copy): Promise<void> {
  const history = [...(await copy.history())].sort((a, b) => b.sentAt - a.sentAt);
  await copy.commit((draft) => {
    history.forEach(({ id, sentAt }, index) => {
      if (index >= HISTORY_MAX || draft.nowMs - sentAt > HISTORY_MS) draft.put("history", id, undefined);
    });
    const undoable = new Set([...draft.rows("recent")].flatMap(({ steps }) => steps.map(({ key }) => key)));
    for (const store of ["tasks", "lists"] as const) {
      for (const { key, gone } of [...draft.rows(store)]) {
        if (gone && !undoable.has(key) && draft.entriesOf(key).length === 0) draft.put(store, key, undefined);
      }
    }
  });
}
