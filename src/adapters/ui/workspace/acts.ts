import type { Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import { mergedLabels } from "../merge/merge.ts";
import { defined, shownMembers } from "../queue/shown.ts";
import { checkedLabels, checkedMembers, checkedName, checkWhole } from "./checks.ts";
import type { Act } from "./planning.ts";
import {
  ActError,
  type ActKind,
  type Acts,
  type Place,
  type Status,
  type TaskChanges,
  type TaskDraft,
} from "./types.ts";

/** Plans one act and makes it durable. @throws ActError */
export type Perform = <T>(kind: ActKind, plan: (act: Act, draft: Draft) => T) => Promise<T>;

export class LocalActs implements Acts {
  /** @param inbox key of the list where tasks go for which none is named */
  constructor(
    private readonly perform: Perform,
    private readonly inbox: () => string | undefined,
  ) {}

  async addTask(draft: TaskDraft, list?: string, place?: Place): Promise<string> {
    const members = await checkedDraft(draft);
    return this.perform("add-task", (act, at) => act.createTask(members, this.listKey(at, list), place));
  }

  async addTasks(drafts: readonly TaskDraft[], list?: string): Promise<readonly string[]> {
    const all = await Promise.all(drafts.map(checkedDraft));
    return this.perform("add-task", (act, at) =>
      all.map((each) => act.createTask(each, this.listKey(at, list))),
    );
  }

  async changeTasks(keys: readonly string[], changes: TaskChanges, seen: TaskChanges = {}): Promise<void> {
    const members = await checkedMembers(changes);
    const isStatus = Object.keys(members).length === 1 && members.status !== undefined;
    const kind = isStatus ? kindOf(members.status as Status) : "change-task";
    await this.perform(kind, (act, draft) => {
      for (const key of keys.map((each) => draft.keyOf(each)))
        act.changeTask(key, consistent(draft, key, members), { seen });
    });
  }

  async labelTasks(
    keys: readonly string[],
    add: readonly string[],
    remove: readonly string[],
  ): Promise<void> {
    await this.perform("change-task", (act, draft) => {
      for (const key of keys.map((each) => draft.keyOf(each))) {
        const had = (membersOf(draft, key).labels ?? []) as readonly string[];
        act.changeTask(key, { labels: checkedLabels(mergedLabels(remove, add, had)) });
      }
    });
  }

  setStatus(keys: readonly string[], status: Status): Promise<void> {
    return this.changeTasks(keys, { status });
  }

  async moveTasks(
    keys: readonly string[],
    to: { readonly list?: string; readonly place?: Place },
  ): Promise<void> {
    await this.perform("move-task", (act, draft) => {
      let after = to.place?.after ?? null;
      for (const key of keys.map((each) => draft.keyOf(each))) {
        const list = to.list === undefined ? {} : { list: draft.keyOf(to.list) };
        act.changeTask(key, list, to.place && { place: { after, before: to.place.before } });
        after = key;
      }
    });
  }

  async deleteTasks(keys: readonly string[]): Promise<void> {
    await this.perform("delete-task", (act, draft) => {
      for (const key of keys) act.deleteTask(draft.keyOf(key));
    });
  }

  async addList(name: string): Promise<string> {
    const checked = checkedName(name);
    return this.perform("add-list", (act) => act.createList(checked));
  }

  async renameList(key: string, name: string, seen?: string): Promise<void> {
    const checked = checkedName(name);
    await this.perform("rename-list", (act, draft) => act.renameList(draft.keyOf(key), checked, seen));
  }

  async deleteList(key: string): Promise<void> {
    await this.perform("delete-list", (act, draft) => act.deleteList(draft.keyOf(key)));
  }

  private listKey(draft: Draft, list: string | undefined): string {
    const key = list === undefined ? this.inbox() : draft.keyOf(list);
    if (key === undefined) throw new ActError("gone");
    return key;
  }
}

async function checkedDraft(draft: TaskDraft): Promise<Values & TaskDraft> {
  const members = withOrigin(await checkedMembers(draft), {});
  checkWhole(members);
  return defined(members) as Values & TaskDraft;
}

/** A change as one row can bear it: a rule goes with the day that it is counted from. */
function consistent(draft: Draft, key: string, changes: Values): Values {
  const before = membersOf(draft, key);
  const losesDay = changes.dueDate === null && before.repeat != null && !("repeat" in changes);
  const all = withOrigin(losesDay ? { ...changes, repeat: null } : changes, before);
  checkWhole({ ...before, ...all });
  return all;
}

/** What a rule is counted from comes and goes with it. */
function withOrigin(changes: Values, before: Values): Values {
  if (changes.repeat === null && before.repeatFrom != null) return { ...changes, repeatFrom: null };
  if (changes.repeat == null || "repeatFrom" in changes || before.repeatFrom != null) return changes;
  return { ...changes, repeatFrom: "due" };
}

function membersOf(draft: Draft, key: string): Values {
  const row = draft.task(key);
  if (!row) throw new ActError("gone");
  return shownMembers(row, draft.entriesOf(key));
}

function kindOf(status: Status): ActKind {
  return status === "completed" ? "complete-task" : "reopen-task";
}
