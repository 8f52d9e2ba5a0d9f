import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import type { Copy } from "../copy/copy.ts";
import type { Entry } from "../copy/records.ts";
import { done, misplaced, setRead, stale, stuck, unanswered, unreadIn } from "../queue/answers.ts";
import { nextEntry } from "../queue/next.ts";
import { type Next, prepared, type Sending } from "../queue/prepare.ts";
import type { Reader } from "./reader.ts";

/** So many steps one entry may take before the next one has its turn: each is a request. */
const STEPS_MAX = 20;

/** How an entry's turn ended. */
type Turn = "over" | "waits";

/** Sends the queue in its order. Every step is a commit or a request, and can be the last one: the next run goes on. */
export class Sender {
  constructor(
    private readonly copy: Copy,
    private readonly api: HttpApi,
    private readonly reader: Reader,
    /** Told the id of the entry that is being sent. */
    private readonly sending: (id: string | undefined) => void,
  ) {}

  /**
   * Sends what can be sent.
   * @param isDoubtful ask for an answer before anything is sent, because there was none the last time
   * @returns whether there was anything
   * @throws ApiError if the service does not answer, or wants somebody to sign in
   */
  async run(isDoubtful: boolean): Promise<boolean> {
    const waiting = new Set<string>();
    const hasUnread = unreadIn(this.copy.model.meta.values()).length > 0;
    // What is sent and not answered may have been done: better to know before.
    if (isDoubtful && (hasUnread || nextEntry(this.copy.model, waiting))) await this.reader.readRoot();
    await this.readUnread();
    for (let isFirst = true; ; isFirst = false) {
      const entry = nextEntry(this.copy.model, waiting);
      if (!entry) return hasUnread || !isFirst;
      const turn = await this.turn(entry);
      if (turn === "waits") waiting.add(entry.id);
      else waiting.clear();
      await this.readUnread();
    }
  }

  private async turn(entry: Entry): Promise<Turn> {
    this.sending(entry.id);
    try {
      for (let step = 0; step < STEPS_MAX; step++) {
        const offers = this.reader.offers();
        const next = await this.copy.commit((draft) => prepared(draft, entry.id, offers));
        if (next.do === "nothing") return "over";
        if (next.do === "wait") return "waits";
        if (next.do !== "send") await this.look(next, entry);
        else if (await this.send(next, entry)) return "over";
      }
      return "waits";
    } finally {
      this.sending(undefined);
    }
  }

  private async look(next: Exclude<Next, Sending>, entry: Entry): Promise<void> {
    if (next.do === "read") await this.reader.readRow(entry.what, entry.key, next.self);
    if (next.do === "read-list") await this.reader.readRights(next.key);
    if (next.do === "find") await this.find(entry);
  }

  /** @returns whether the entry's turn is over */
  private async send({ template, values, options, wasUnsure }: Sending, entry: Entry): Promise<boolean> {
    try {
      await this.reader.during(async (read) => {
        const answer = await this.api.send(template, values, options);
        const inbox = this.reader.inbox();
        const isLate = (self: string) => this.copy.model.reads.isLate(read, self);
        await this.copy.commit((draft) => done(draft, entry, answer, { inbox, isLate, wasUnsure }));
      });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.refused(error, entry, template.target, wasUnsure);
    }
  }

  private async refused(error: ApiError, entry: Entry, target: string, wasUnsure: boolean): Promise<boolean> {
    const { problem } = error;
    if (error.isPassing || problem.status === 401) {
      await this.copy.commit((draft) => unanswered(draft, entry.id, problem, wasUnsure));
      throw error;
    }
    if (problem.status === 412) {
      await this.copy.commit((draft) => stale(draft, entry, wasUnsure));
      return false;
    }
    const isOfPlace = problem.code === "out-of-order" || problem.status === 404;
    if (problem.status === 404 && (await this.isMissing(entry, target))) {
      // A clear answer: nothing came of it there.
      await this.copy.commit((draft) => stale(draft, entry, wasUnsure));
      return false;
    }
    if (isOfPlace && (await this.copy.commit((draft) => misplaced(draft, entry.id, wasUnsure)))) {
      await this.reader.readTasksAround(entry.key);
      return false;
    }
    if (problem.status === 403) await this.reader.forgetRights(entry);
    await this.copy.commit((draft) => stuck(draft, entry.id, problem));
    return true;
  }

  /** After a 404: whether the row is not where the request went, and it was not something else that it named. */
  private async isMissing(entry: Entry, target: string): Promise<boolean> {
    if (entry.act === "restore" || entry.act === "create") return false;
    const self = this.rowOf(entry)?.self;
    if (self !== undefined) await this.reader.readAt(self);
    const row = this.rowOf(entry);
    const form = entry.act === "delete" ? row?.forms?.delete : row?.forms?.patch;
    return !row || row.gone?.by === "elsewhere" || form?.target !== target;
  }

  private rowOf({ what, key }: Entry) {
    return what === "task" ? this.copy.model.tasks.get(key) : this.copy.model.lists.get(key);
  }

  /** Reads what an answer has left in doubt. */
  private async readUnread(): Promise<void> {
    for (const unread of unreadIn(this.copy.model.meta.values())) {
      await this.reader.readAt(unread.self);
      await this.copy.commit((draft) => setRead(draft, unread));
    }
  }

  private async find(entry: Entry): Promise<void> {
    const restore = await this.reader.findInTrash(entry.what, entry.key);
    await this.copy.commit((draft) => {
      const store = entry.what === "task" ? "tasks" : "lists";
      const row = draft.read(store, entry.key);
      // Restored meanwhile, by somebody else.
      if (row && !row.gone) return;
      if (restore && row?.gone)
        draft.put(store, entry.key, { ...row, gone: { ...row.gone, restore } } as never);
      else stuck(draft, entry.id, { status: 404, code: "not-found", title: "It is no longer in the trash" });
    });
  }
}
