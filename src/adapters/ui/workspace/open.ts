import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { HttpApi } from "../api/http-api.ts";
import type { Draft } from "../copy/draft.ts";
import type { Entry } from "../copy/records.ts";
import type { Choice } from "../queue/decisions.ts";
import type { Status } from "../sync/engine.ts";
import { wasInStep } from "../sync/synced.ts";
import { LocalActs } from "./acts.ts";
import { dayOf, followDay } from "./day.ts";
import { foundRows, labelledRows } from "./derived.ts";
import { Act } from "./planning.ts";
import type { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { clashesIn, queueIn, recentIn, sentIn, syncStateOf } from "./shown-queue.ts";
import { browserSurroundings, type Surroundings } from "./surroundings.ts";
import { OnlineTrash } from "./trash.ts";
import {
  ActError,
  type ActKind,
  type LabelCount,
  type Limits,
  type ListRow,
  type SentChange,
  type TaskRow,
  type Workspace,
} from "./types.ts";

const CONNECTING: Status = { connection: "connecting" };
const NO_ROWS: readonly TaskRow[] = [];
const NO_LISTS: readonly ListRow[] = [];
const NO_LABELS: readonly LabelCount[] = [];
const NO_QUEUE: ReadonlyMap<string, Entry> = new Map();

/** Opens the copy that was last in use at once, and then asks the service. */
export function openWorkspace(surroundings: Surroundings = browserSurroundings()): Workspace {
  return new LocalWorkspace(surroundings);
}

class LocalWorkspace implements Workspace {
  readonly state = signal<Workspace["state"]["value"]>("opening");
  readonly limits: ReadonlySignal<Limits>;
  readonly day: Signal<string>;
  readonly api: HttpApi;
  readonly acts: LocalActs;
  readonly trash: OnlineTrash;
  readonly root;
  readonly me;
  readonly lists;
  readonly due;
  readonly labels;
  readonly queue;
  readonly clashes;
  readonly recent;
  readonly connection;
  readonly sync;
  private readonly sessions: Sessions;
  private readonly stopDay: () => void;
  private readonly made = new Map<string, ReadonlySignal<unknown>>();

  constructor(surroundings: Surroundings) {
    this.limits = surroundings.limits;
    this.day = signal(dayOf(surroundings.now()));
    this.stopDay = followDay(this.day, surroundings);
    this.api = new HttpApi(surroundings.start, surroundings.fetch);
    const sessions = new Sessions(this.api, surroundings, this.state);
    this.sessions = sessions;
    const inbox = () => this.lists.peek().find(({ isInbox }) => isInbox)?.key;
    this.acts = new LocalActs((kind, plan) => this.perform(kind, plan), inbox);
    const idOf = (list: string) => this.list(list).peek()?.id;
    this.trash = new OnlineTrash(this.api, () => this.root.peek(), idOf, surroundings.uuid);
    this.root = this.shown((session) => sessions.root.value ?? session?.root());
    this.me = computed(() => sessions.person());
    this.lists = computed(() => sessions.current.value?.rows.lists.value ?? NO_LISTS);
    this.due = computed(() => sessions.current.value?.rows.derived.due.value ?? NO_ROWS);
    this.labels = computed(() => sessions.current.value?.rows.derived.labels.value ?? NO_LABELS);
    this.connection = computed(() => (sessions.current.value?.status.value ?? CONNECTING).connection);
    this.queue = this.shown((session) =>
      session ? queueIn(session.copy.model, session.status.value.sending) : [],
    );
    this.clashes = this.shown((session) => (session ? clashesIn(session.copy.model) : []));
    this.recent = this.shown((session) => (session ? recentIn(session.copy.model) : []));
    this.sync = this.shown((session) =>
      syncStateOf(
        session?.copy.model.queue ?? NO_QUEUE,
        session?.status.value ?? CONNECTING,
        session !== undefined && wasInStep(session.copy.model),
      ),
    );
    void sessions.open();
  }

  tasksOf(list: string): ReadonlySignal<readonly TaskRow[]> {
    return this.once(
      `tasks of ${list}`,
      (session) => session?.rows.tasksOf(session.copy.model.keyOf(list)).value ?? NO_ROWS,
    );
  }

  list(list: string): ReadonlySignal<ListRow | undefined> {
    return this.once(`list ${list}`, (session) => {
      const key = session?.copy.model.keyOf(list);
      return session?.rows.lists.value.find((row) => row.key === key);
    });
  }

  task(task: string): ReadonlySignal<TaskRow | undefined> {
    return this.once(`task ${task}`, (session) => session?.rows.task(session.copy.model.keyOf(task)).value);
  }

  labelled(label: string): ReadonlySignal<readonly TaskRow[]> {
    return this.once(`label ${label}`, (session) =>
      session ? labelledRows(session.rows.all(), label) : NO_ROWS,
    );
  }

  find(text: string): readonly TaskRow[] {
    const session = this.sessions.current.value;
    return session ? foundRows(session.rows.all(), text) : NO_ROWS;
  }

  async undo(id?: string): Promise<void> {
    const { OPPOSITES, takeBack, undoable } = await import("./undo.ts");
    const { model } = this.opened().copy;
    const record = undoable(model.recent.values(), id);
    const kind = OPPOSITES[record.kind];
    const isDone = await this.perform(kind, (act, draft) => takeBack(draft, act, record), true);
    if (!isDone) throw new ActError("nothing-to-undo");
  }

  async retry(id?: string): Promise<void> {
    const { retried } = await decisions();
    const session = this.opened();
    await session.copy.commit((draft) => retried(draft, id));
    session.wake();
  }

  async drop(id: string): Promise<void> {
    const { dropped } = await decisions();
    await this.opened().copy.commit((draft) => dropped(draft, id));
  }

  async settle(id: string, choice: Choice): Promise<void> {
    const { settleClash } = await decisions();
    await this.opened().copy.commit((draft) => settleClash(draft, id, choice));
  }

  async exportQueue(): Promise<Blob> {
    const { model } = this.opened().copy;
    const entries = [...model.queue.values()].map((entry) => ({
      ...entry,
      row: model.tasks.get(entry.key) ?? model.lists.get(entry.key),
    }));
    return new Blob([JSON.stringify(entries, undefined, 2)], { type: "application/json" });
  }

  async history(): Promise<readonly SentChange[]> {
    return sentIn(await this.opened().copy.history());
  }

  signedIn(): Promise<void> {
    return this.sessions.signedIn();
  }

  async close(keepCopy: boolean): Promise<void> {
    this.stopDay();
    await this.sessions.close(keepCopy);
  }

  private opened(): Session {
    const session = this.sessions.current.peek();
    if (!session) throw new ActError("gone");
    return session;
  }

  /** One step of the person: planned, durable, and remembered for undo. */
  private async perform<T>(kind: ActKind, plan: (act: Act, draft: Draft) => T, isUndo = false): Promise<T> {
    const { copy } = this.opened();
    try {
      return await copy.commit((draft) => {
        const act = new Act(draft, kind, this.day.peek());
        const result = plan(act, draft);
        act.remember(isUndo);
        return result;
      });
    } catch (error) {
      if (error instanceof ActError) throw error;
      // IndexedDB's: a full disk, or a browser that lets nothing be kept.
      throw new ActError("storage", error instanceof Error ? error.message : String(error));
    }
  }

  /** Of the session, whatever changes in it. */
  private shown<T>(make: (session: Session | undefined) => T): ReadonlySignal<T> {
    return computed(() => {
      const session = this.sessions.current.value;
      void session?.commits.value;
      return make(session);
    });
  }

  /** The same signal for the same question. */
  private once<T>(question: string, make: (session: Session | undefined) => T): ReadonlySignal<T> {
    let found = this.made.get(question) as ReadonlySignal<T> | undefined;
    if (!found) {
      // The session's commits count too: a row may get its id.
      found = this.shown(make);
      this.made.set(question, found);
    }
    return found;
  }
}

/** The first paint needs none of them. */
function decisions() {
  return import("../queue/decisions.ts");
}
