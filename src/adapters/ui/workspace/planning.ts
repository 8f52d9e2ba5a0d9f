import type { Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import type { ListRecord, RecentRecord, Step, TaskRecord } from "../copy/records.ts";
import { same } from "../merge/merge.ts";
import { entryOf, isJoinable, queueChange } from "../queue/entries.ts";
import { lastRank, placedRank, placeOf } from "../queue/places.ts";
import { defined, isGone, shownMembers } from "../queue/shown.ts";
import { ActError, type ActKind, type Place, type TaskDraft } from "./types.ts";

/** So many steps can be undone. */
const RECENT_MAX = 100;

/** Whatever is done in one call. */
export class Act {
  private readonly steps: Step[] = [];
  private name = "";
  private list: string | undefined;

  constructor(
    private readonly draft: Draft,
    private readonly kind: ActKind,
    private readonly day: string,
  ) {}

  createTask(members: TaskDraft, list: string, place?: Place, key = this.draft.newId()): string {
    const { draft } = this;
    if (this.listAt(list).addTask === null) throw new ActError("right");
    const rank = place ? placedRank(draft, place) : lastRank(draft);
    draft.putTask({ key, list, rank, seen: draft.generation });
    const edit = this.edit("task", key, members.todo);
    draft.putEntry(
      entryOf(draft, edit, "create", {
        changes: { ...DEFAULTS, ...members, list },
        ...(place ? { place } : {}),
      }),
    );
    this.did({ what: "task", key, did: "create" }, members.todo, list);
    return key;
  }

  /** @param seen members as the person saw them, where the copy may know better since: that is not overwritten */
  changeTask(key: string, changes: Values, { place, seen }: { place?: Place; seen?: Values } = {}): void {
    const { draft } = this;
    const row = this.taskAt(key);
    const shown = shownMembers(row, draft.entriesOf(key));
    const changed = Object.fromEntries(
      Object.entries(changes).filter(([member, value]) => !same(shown[member], value)),
    );
    if (Object.keys(changed).length === 0 && !place) return;
    if (typeof changed.list === "string") this.listAt(changed.list);
    const isMoved = place !== undefined || "list" in changed;
    const old = isMoved ? placeOf(draft, key, String(shown.list)) : undefined;
    if (place) draft.putTask({ ...row, rank: placedRank(draft, place) });
    else if ("list" in changed) draft.putTask({ ...row, rank: row.id ?? lastRank(draft) });
    const name = String(changed.todo ?? shown.todo);
    queueChange(draft, this.edit("task", key, name), { ...shown, ...seen }, changed, place);
    const before = Object.fromEntries(Object.keys(changed).map((member) => [member, shown[member] ?? null]));
    const step = { what: "task", key, did: "change", before, after: changed } as const;
    this.did(old ? { ...step, place: old } : step, name, String(shown.list));
  }

  deleteTask(key: string): void {
    const { draft } = this;
    const row = this.taskAt(key);
    const entries = draft.entriesOf(key);
    // What was in question goes with the task; what the person was shown of it is theirs.
    const clashes = entries.filter(({ state }) => state === "clash");
    for (const clash of clashes) draft.end(clash, "dropped");
    const theirs = Object.assign({}, ...clashes.map(({ clash }) => clash?.theirs));
    const shown: Values = { ...shownMembers(row, entries), ...theirs };
    const [first] = entries;
    if (first?.act === "create" && entries.every(isJoinable)) {
      // Nobody else has ever heard of it.
      for (const { id } of entries) draft.put("queue", id, undefined);
    } else {
      draft.putEntry(entryOf(draft, this.edit("task", key, String(shown.todo)), "delete", { base: shown }));
    }
    draft.putTask({ ...row, gone: { by: "here", at: draft.nowMs } });
    const step = { what: "task", key, did: "delete", members: shown } as const;
    this.did(clashes.length > 0 ? { ...step, clashes } : step, String(shown.todo), String(shown.list));
  }

  restore({ what, key, members, clashes = [] }: Extract<Step, { did: "delete" }>): void {
    const { draft } = this;
    const row: TaskRecord | ListRecord | undefined = what === "task" ? draft.task(key) : draft.list(key);
    const last = draft.entriesOf(key).at(-1);
    if (!row || !isGone(row, draft.entriesOf(key))) throw new ActError("gone");
    const { gone: _, ...back } = row;
    const name = String(members.todo ?? members.name ?? "");
    const edit = this.edit(what, key, name);
    if (last?.act === "delete" && last.firstSentAt === undefined) {
      draft.put("queue", last.id, undefined);
      draft.put(what === "task" ? "tasks" : "lists", key, back as never);
    } else if (row.self === undefined && !last) {
      // It never got to the service.
      draft.put(what === "task" ? "tasks" : "lists", key, back as never);
      const kind = what === "task" ? "add-task" : "add-list";
      draft.putEntry(entryOf(draft, { ...edit, kind }, "create", { changes: defined(members) }));
    } else draft.putEntry(entryOf(draft, edit, "restore"));
    for (const clash of clashes) {
      draft.putEntry(clash);
      draft.put("history", clash.id, undefined);
    }
    this.did({ what, key, did: "create" }, name, what === "task" ? (row as TaskRecord).list : key);
  }

  createList(name: string): string {
    const { draft } = this;
    const key = draft.newId();
    draft.putList({ key, isInbox: false, seen: draft.generation });
    draft.putEntry(entryOf(draft, this.edit("list", key, name), "create", { changes: { name } }));
    this.did({ what: "list", key, did: "create" }, name, key);
    return key;
  }

  /** @param seen as in `changeTask` */
  renameList(key: string, name: string, seen?: string): void {
    const { draft } = this;
    const before = listName(this.listAt(key), draft);
    if (before === name) return;
    queueChange(draft, this.edit("list", key, name), { name: seen ?? before }, { name });
    this.did({ what: "list", key, did: "change", before: { name: before }, after: { name } }, name, key);
  }

  deleteList(key: string): void {
    const { draft } = this;
    const row = this.listAt(key);
    const name = listName(row, draft);
    draft.putEntry(entryOf(draft, this.edit("list", key, name), "delete", { base: { name } }));
    draft.putList({ ...row, gone: { by: "here", at: draft.nowMs } });
    this.did({ what: "list", key, did: "delete", members: { name } }, name, key);
  }

  /** Keeps what it takes to undo it. */
  remember(isUndo: boolean): void {
    const { draft, kind, steps, name, list } = this;
    if (steps.length === 0) return;
    const old = [...draft.rows("recent")].sort((a, b) => a.at - b.at);
    const record: RecentRecord = {
      id: draft.newId(),
      // The newest also where the clock was set back.
      at: Math.max(draft.nowMs, (old.at(-1)?.at ?? 0) + 1),
      kind,
      name,
      count: steps.length,
      steps,
      ...(list === undefined ? {} : { list }),
      ...(isUndo ? { isUndo } : {}),
    };
    for (const { id } of old.slice(0, Math.max(0, old.length - RECENT_MAX + 1)))
      draft.put("recent", id, undefined);
    draft.put("recent", record.id, record);
  }

  private edit(what: "task" | "list", key: string, name: string) {
    return { what, kind: this.kind, key, name, day: this.day };
  }

  private did(step: Step, name: string, list: string): void {
    if (this.steps.length === 0) {
      this.name = name;
      this.list = list;
    }
    this.steps.push(step);
  }

  private taskAt(key: string): TaskRecord {
    const row = this.draft.task(key);
    if (!row || isGone(row, this.draft.entriesOf(key))) throw new ActError("gone");
    if (this.draft.list(row.list)?.addTask === null) throw new ActError("right");
    return row;
  }

  private listAt(key: string): ListRecord {
    const row = this.draft.list(key);
    if (!row || isGone(row, this.draft.entriesOf(key))) throw new ActError("gone");
    return row;
  }
}

/** What the service would add: said, so that later changes have something to be compared with. */
const DEFAULTS: Values = { status: "pending", priority: "medium", labels: [] };

/** As shown. */
export function listName(row: ListRecord, draft: Pick<Draft, "entriesOf">): string {
  const renamed = draft.entriesOf(row.key).findLast(({ changes }) => "name" in changes);
  return String(renamed?.changes.name ?? row.server?.name ?? "");
}
