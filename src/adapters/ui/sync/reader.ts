import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import { expanded } from "../api/links.ts";
import type { Link, Resource, Template } from "../api/types.ts";
import type { Copy } from "../copy/copy.ts";
import type { Entry, ListRecord, TaskRecord } from "../copy/records.ts";
import { linkOf, type Seen, seenIn, selfOf, takeList, takeTask } from "../copy/representations.ts";
import { gone } from "../queue/answers.ts";
import type { Offers } from "../queue/prepare.ts";
import { Recent } from "./recent.ts";
import { compareLists, readAll, readTasksOf } from "./snapshots.ts";

const ROOT = "root";

/** So many addresses are remembered: an answer is not late for longer. */
const VANISHED_MAX = 1_000;

/** Reads from the service into the copy. Everything rejects with `ApiError`. */
export class Reader {
  /** Addresses that were told of and had nothing: a row that is being made may be gone before its answer is here. */
  readonly vanished = new Recent(VANISHED_MAX);

  constructor(
    private readonly copy: Copy,
    readonly api: HttpApi,
    /** Rejects with 401 if the caller is not the copy's person any more. */
    private readonly verify: (root: Resource) => Promise<void>,
  ) {}

  root(): Resource | undefined {
    return this.copy.model.meta.get(ROOT)?.value as Resource | undefined;
  }

  link(relation: string): Link | undefined {
    return this.root()?._links[relation];
  }

  offers(): Offers {
    const addList = this.root()?._templates?.default;
    return addList ? { addList } : {};
  }

  /** Address of the inbox's tasks. */
  inbox(): string | undefined {
    return this.root()?._templates?.["create-task"]?.target;
  }

  async readRoot(): Promise<Resource> {
    const root = await this.api.root();
    await this.verify(root);
    if (JSON.stringify(root) !== JSON.stringify(this.root())) {
      await this.copy.commit((draft) => draft.setMeta(ROOT, root));
    }
    return root;
  }

  /**
   * Reads a row that is known.
   * @param etag of the answer that need not be given again
   * @returns whether it is there, or where it moved; else it is marked as gone
   */
  async readRow(what: "task" | "list", key: string, self: string, etag?: string): Promise<boolean> {
    for (;;) {
      const before = this.rowOf(what, key)?.seen;
      const seen = await this.seenAt(self, etag);
      if (seen === "same") return true;
      if (!seen) return this.missing(what, key, self);
      if (await this.taken(what, key, seen, before)) return true;
    }
  }

  /** @returns false if the row was seen otherwise meanwhile, so that nobody knows which is the newer one */
  private taken(
    what: "task" | "list",
    key: string,
    seen: Seen,
    before: number | undefined,
  ): Promise<boolean> {
    const inbox = this.inbox();
    return this.copy.commit((draft) => {
      const row = what === "task" ? draft.task(key) : draft.list(key);
      if (!row) return true;
      if (row.seen !== before) return false;
      if (what === "list") takeList(draft, seen, inbox, key);
      else takeTask(draft, seen, key);
      return true;
    });
  }

  private async missing(what: "task" | "list", key: string, self: string): Promise<boolean> {
    // A task that was moved is in another list: only reading them all tells.
    const isOwed = this.copy.model.entriesOf(key).length > 0;
    if (what === "task" && isOwed) await this.readAll();
    const row = this.rowOf(what, key);
    if (row?.self !== undefined && row.self !== self) return true;
    return this.copy.commit((draft) => {
      const current = what === "task" ? draft.task(key) : draft.list(key);
      // It may have been found elsewhere just now.
      if (current?.self !== self) return current !== undefined;
      gone(draft, what, key);
      return false;
    });
  }

  private rowOf(what: "task" | "list", key: string): TaskRecord | ListRecord | undefined {
    return what === "task" ? this.copy.model.tasks.get(key) : this.copy.model.lists.get(key);
  }

  /** @returns undefined if there is nothing, or nothing that this caller may see; "same" if it has that ETag */
  async seenAt(self: string, etag?: string): Promise<Seen | "same" | undefined> {
    try {
      const answer = await this.api.get(self, etag === undefined ? {} : { ifNoneMatch: etag });
      return answer.status === 304 ? "same" : seenIn(answer);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
      throw error;
    }
  }

  /** A task at an address that is not known yet: a new one, or one that has moved there. */
  async takeStranger(first: Seen): Promise<void> {
    const self = selfOf(first.body);
    for (
      let seen: Seen | "same" | undefined = first;
      seen && seen !== "same";
      seen = await this.seenAt(self)
    ) {
      if (await this.tookStranger(seen)) break;
    }
    // Somebody else may have taken it over meanwhile: nobody knows which is the newer one.
    const key = this.copy.model.keyAt(self);
    if (key !== undefined) await this.readRow("task", key, self, this.copy.model.tasks.get(key)?.etag);
  }

  /** @returns false if what is known under its id has moved meanwhile, so that it has to be looked at again */
  private async tookStranger(seen: Seen): Promise<boolean> {
    const self = selfOf(seen.body);
    const known = this.copy.model.tasks.get(this.copy.model.keyOf(String(seen.body.id)));
    const isElsewhere = known?.self !== undefined && known.self !== self;
    const hasMoved = isElsewhere && (await this.seenAt(known.self)) === undefined;
    return this.copy.commit((draft) => {
      if (draft.keyAt(self) !== undefined) return true;
      const row = known && draft.task(known.key);
      if (hasMoved && row && row.self !== known.self) return false;
      takeTask(draft, seen, hasMoved ? known.key : undefined);
      return true;
    });
  }

  async takeNewList(seen: Seen): Promise<void> {
    const inbox = this.inbox();
    const { key } = await this.copy.commit((draft) => takeList(draft, seen, inbox));
    await this.readList(key);
  }

  /** Everything the caller has, by streams. */
  readAll(): Promise<void> {
    return readAll(this.copy, this);
  }

  /** Finds lists that this caller has been let into, or out of. */
  compareLists(): Promise<void> {
    return compareLists(this.copy, this);
  }

  /** All tasks of one list. */
  async readTasks(list: string): Promise<void> {
    await readTasksOf(this.copy, this, [list]);
  }

  /** Those of the list where a task is to be. */
  async readTasksAround(task: string): Promise<void> {
    const row = this.copy.model.tasks.get(task);
    const entry = this.copy.model.entriesOf(task).find(({ changes }) => "list" in changes);
    const list = entry?.changes.list ?? row?.list;
    if (typeof list === "string") await this.readTasks(list);
  }

  /** After a list was made, restored or seen for the first time. */
  async readList(key: string): Promise<void> {
    await this.readRights(key);
    await this.readTasks(key);
  }

  /** How this caller may write to a list, and add tasks to it. */
  async readRights(key: string): Promise<void> {
    const self = this.copy.model.lists.get(key)?.self;
    const seen = self === undefined ? undefined : await this.seenAt(self);
    if (!seen || seen === "same") return;
    const tasks = this.collectionOf(seen.body);
    const page = tasks === undefined ? undefined : await this.seenAt(tasks);
    const addTask = page === "same" ? undefined : page?.body._templates?.default;
    const inbox = this.inbox();
    await this.copy.commit((draft) => {
      const row = takeList(draft, seen, inbox, key);
      draft.putList({ ...row, addTask: addTask ? { ...addTask, properties: [] } : null });
    });
  }

  /** Page of a list's tasks, as small as it can be: only its template matters. */
  private collectionOf(list: Resource): string | undefined {
    const find = this.link("find-tasks");
    const whole = linkOf(list, "tasks");
    return find ? expanded(find, { checklist: String(list.id), size: 1 }) : whole;
  }

  async forgetRights({ what, key }: Entry): Promise<void> {
    const list = what === "list" ? key : this.copy.model.tasks.get(key)?.list;
    if (list !== undefined) await this.readRights(list);
  }

  /** How to restore what was deleted here. */
  async findInTrash(what: "task" | "list", key: string): Promise<Template | undefined> {
    const row = this.rowOf(what, key);
    const entry = row?.gone?.trash ?? (row && (await this.listedInTrash(what, row)));
    const seen = entry === undefined ? undefined : await this.seenAt(entry);
    return seen === "same" ? undefined : seen?.body._templates?.restore;
  }

  private async listedInTrash(
    what: "task" | "list",
    row: TaskRecord | ListRecord,
  ): Promise<string | undefined> {
    const find = this.link("find-trash");
    const list = "list" in row ? this.copy.model.lists.get(row.list)?.id : undefined;
    if (!find || (what === "task" && list === undefined)) return undefined;
    let page: string | undefined = expanded(find, list === undefined ? {} : { checklist: list });
    while (page !== undefined) {
      const body: Resource | undefined = (await this.api.get(page)).body;
      const found = Object.values(body?._embedded ?? {})
        .flat()
        .find(({ id }) => id === row.id);
      if (found) return selfOf(found);
      page = body && linkOf(body, "next");
    }
    return undefined;
  }
}
