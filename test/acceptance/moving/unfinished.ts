import { Session } from "../../../src/adapters/cassandra/session.ts";
import { isMarkOf, type Transit, transitFrom } from "../../../src/adapters/cassandra/transit.ts";
import { cassandraSettings } from "../../../src/commands/support/cassandra.ts";
import { readConfig } from "../../../src/config.ts";
import type { Data } from "../../support/service.ts";

/** Moves that stand still on their way. */
export interface Unfinished {
  /** The copy is there, and no mark for it: the task has not moved. */
  readonly unmarked: number;
  /** The task has moved, and its new row does not say so yet. */
  readonly unconfirmed: number;
}

/** What a cluster's rows say; on SQLite a move is one transaction. */
export async function unfinishedMoves({ settings }: Data, lists: readonly string[]): Promise<Unfinished> {
  const { config } = readConfig({ flags: new Map(), environment: settings, terminal: false });
  const cluster = cassandraSettings(config);
  if (!cluster) return { unmarked: 0, unconfirmed: 0 };
  const session = await Session.connect(cluster);
  try {
    const transits = new Map<string, Transit>();
    for (const list of lists) {
      const rows = await session.rows("SELECT id, transit FROM todo WHERE checklist_id = ?", [list]);
      for (const { id, transit } of rows) {
        const found = transitFrom(transit);
        if (found) transits.set(`${list} ${id}`, found);
      }
    }
    const copies = [...transits].filter(([, { way }]) => way === "from");
    const unconfirmed = copies.filter(([place, coming]) => {
      const [list = "", id = ""] = place.split(" ");
      const mark = transits.get(`${coming.list} ${id}`);
      return mark !== undefined && isMarkOf(coming, mark, list);
    }).length;
    return { unmarked: copies.length - unconfirmed, unconfirmed };
  } finally {
    await session.close();
  }
}
