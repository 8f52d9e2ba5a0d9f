import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import { expanded } from "../api/links.ts";
import type { Link, Resource, Template } from "../api/types.ts";
import type { Copy } from "../copy/copy.ts";
import type { Draft } from "../copy/draft.ts";
import type { Read } from "../copy/reads.ts";
import type { Entry, ListRecord, TaskRecord } from "../copy/records.ts";
import { linkOf, type Seen, seenIn, selfOf } from "../copy/representations.ts";
import { gone, takenList, takenTask } from "../queue/answers.ts";
import type { Offers } from "../queue/prepare.ts";
import { each } from "./each.ts";
import { compareLists, readAll, readTasksOf } from "./snapshots.ts";

const ROOT = "root";

/** Rows that are read at the same time. */
export const READS_AT_ONCE = 4;

/** "again": the copy was told of the address by somebody else meanwhile. "look-for": it may be somewhere else. */
type Outcome = "done" | "again" | "look-for";

/** Reads from the service into the copy. Everything rejects with `ApiError`. */
export class Reader {
  private lastPass: Promise<unknown> = Promise.resolve();

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
   * Reads what is at an address, until the copy has what was there when this was called, or later.
   * A task that is not there any more, and is owed something, is looked for everywhere: it may have moved.
   */
  async readAt(self: string): Promise<void> {
    for (let isLookedFor = false; ; ) {
      const outcome = await this.during((read) => this.readOnce(self, read, isLookedFor));
      if (outcome === "done") return;
      if (outcome === "look-for") await this.readAll();
      isLookedFor ||= outcome === "look-for";
    }
  }

  /** As {@link readAt}. @returns whether the row is there, or where it has moved to */
  async readRow(what: "task" | "list", key: string, self: string): Promise<boolean> {
    await this.readAt(self);
    const row = this.rowOf(what, key);
    return row !== undefined && row.gone === undefined;
  }

  private async readOnce(self: string, read: Read, isLookedFor: boolean): Promise<Outcome> {
    const { model } = this.copy;
    const key = model.keyAt(self);
    if (key === undefined) return this.readNew(self, read);
    if (model.tasks.has(key)) return this.readTask(key, self, read, isLookedFor);
    const outcome = await this.readListRow(key, self, read);
    const list = model.lists.get(key);
    if (outcome === "done" && list && !list.gone && !list.isWhole) await this.readTasks(key);
    return outcome;
  }

  private async readTask(key: string, self: string, read: Read, isLookedFor: boolean): Promise<Outcome> {
    const row = this.copy.model.tasks.get(key);
    const seen = await this.seenAt(self, row?.gone ? undefined : row?.etag);
    if (!seen && !isLookedFor && this.mayHaveMoved(key)) return "look-for";
    return this.taken(read, [self], (draft) => {
      if (!seen) gone(draft, "task", key);
      else if (seen !== "same") takenTask(draft, seen, key);
    });
  }

  /** It is to be changed or deleted, and was not deleted by that. */
  private mayHaveMoved(key: string): boolean {
    const entries = this.copy.model.entriesOf(key);
    return entries.some(({ act, isUnsure }) => act === "change" || (act === "delete" && !isUnsure));
  }

  /** With how this caller may write to it, and add tasks to it. */
  private async readListRow(key: string, self: string, read: Read): Promise<Outcome> {
    const seen = await this.seenAt(self);
    const tasks = seen && seen !== "same" ? this.collectionOf(seen.body) : undefined;
    const page = tasks === undefined ? undefined : await this.seenAt(tasks);
    const addTask = page === "same" ? undefined : page?.body._templates?.default;
    const inbox = this.inbox();
    return this.taken(read, [self], (draft) => {
      if (!seen) gone(draft, "list", key);
      if (!seen || seen === "same") return;
      const row = takenList(draft, seen, inbox, key);
      draft.putList({ ...row, addTask: addTask ? { ...addTask, properties: [] } : null });
    });
  }

  /** At an address that is not known. */
  private async readNew(self: string, read: Read): Promise<Outcome> {
    const seen = await this.seenAt(self);
    // Told all the same: an answer that knows it is older, as that to its making.
    if (!seen || seen === "same") return this.taken(read, [self], () => undefined);
    if (seen.body._links.tasks) {
      const inbox = this.inbox();
      await this.taken(read, [self], (draft) => takenList(draft, seen, inbox));
      // Now it is known, and its tasks are not.
      return "again";
    }
    const list = linkOf(seen.body, "checklist");
    if (list === undefined) return "done";
    if (this.copy.model.keyAt(list) !== undefined) return this.readStranger(self, seen, read);
    // This caller may have been let into it only just now.
    await this.readAt(list);
    return this.copy.model.keyAt(list) === undefined ? "done" : "again";
  }

  /** A new task, or one that has moved there. */
  private async readStranger(self: string, seen: Seen, read: Read): Promise<Outcome> {
    const { model } = this.copy;
    const id = String(seen.body.id);
    const known = model.tasks.get(model.keyOf(id));
    const old = known?.self === self ? undefined : known?.self;
    const hasMoved = old !== undefined && (await this.seenAt(old)) === undefined;
    return this.taken(read, old === undefined ? [self] : [self, old], (draft) => {
      if (draft.task(draft.keyOf(id))?.self !== known?.self) return "again";
      takenTask(draft, seen, hasMoved ? known?.key : undefined);
      return undefined;
    });
  }

  /** Takes over what was read at these addresses, unless the copy may know better by now. */
  private taken(read: Read, selves: readonly string[], take: (draft: Draft) => unknown): Promise<Outcome> {
    const { reads } = this.copy.model;
    return this.copy.commit((draft) => {
      if (selves.some((self) => reads.isLate(read, self)) || take(draft) === "again") return "again";
      for (const self of selves) reads.tell(self, read);
      return "done";
    });
  }

  /** Makes known that something is asked, for as long as it takes. */
  async during<T>(work: (read: Read) => Promise<T>): Promise<T> {
    const { reads } = this.copy.model;
    const read = reads.begin();
    try {
      return await work(read);
    } finally {
      reads.end(read);
    }
  }

  private rowOf(what: "task" | "list", key: string): TaskRecord | ListRecord | undefined {
    return what === "task" ? this.copy.model.tasks.get(key) : this.copy.model.lists.get(key);
  }

  /** @returns undefined if there is nothing, or nothing that this caller may see; "same" if it has that ETag */
  private async seenAt(self: string, etag?: string): Promise<Seen | "same" | undefined> {
    try {
      const answer = await this.api.get(self, etag === undefined ? {} : { ifNoneMatch: etag });
      return answer.status === 304 ? "same" : seenIn(answer);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
      throw error;
    }
  }

  /** Everything the caller has, by streams. */
  readAll(): Promise<void> {
    return this.pass(() => readAll(this.copy, this));
  }

  /** Finds lists that this caller has been let into, or out of. */
  compareLists(): Promise<void> {
    return this.pass(() => compareLists(this.copy, this));
  }

  /** All tasks of one list. */
  readTasks(list: string): Promise<void> {
    return this.pass(() => readTasksOf(this.copy, this, [list]));
  }

  /** One at a time: two would make each other read nearly all rows one by one. */
  private async pass(work: () => Promise<ReadonlySet<string>>): Promise<void> {
    const turn = this.lastPass.then(work);
    this.lastPass = turn.catch(() => undefined);
    await each([...(await turn)], READS_AT_ONCE, (self) => this.readAt(self));
  }

  /** Those of the list where a task is to be. */
  async readTasksAround(task: string): Promise<void> {
    const row = this.copy.model.tasks.get(task);
    const entry = this.copy.model.entriesOf(task).find(({ changes }) => "list" in changes);
    const list = entry?.changes.list ?? row?.list;
    if (typeof list === "string") await this.readTasks(list);
  }

  /** How this caller may write to a list, and add tasks to it. */
  async readRights(key: string): Promise<void> {
    for (let outcome: Outcome = "again"; outcome !== "done"; ) {
      const self = this.copy.model.lists.get(key)?.self;
      if (self === undefined) return;
      outcome = await this.during((read) => this.readListRow(key, self, read));
    }
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
