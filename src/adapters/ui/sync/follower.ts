import { eventsOf, type ServerEvent } from "../api/streams.ts";
import type { Copy } from "../copy/copy.ts";
import type { Seen } from "../copy/representations.ts";
import type { Reader } from "./reader.ts";

const CURSOR = "cursor";
const SYNCED = "synced";
/** More changes than this at once are read in one piece. */
const CHANGES_MAX = 300;
/** Rows that are read at the same time. */
const READS_AT_ONCE = 4;

/** Follows what changes at the service, and reads it into the copy. */
export class Follower {
  /** Addresses to be read, in the order in which they were told. */
  private changed = new Set<string>();
  private needsAll = false;
  private position: string | undefined;
  private reading: Promise<void> | undefined;
  private cut = new AbortController();
  private failure: unknown;

  constructor(
    private readonly copy: Copy,
    private readonly reader: Reader,
    /** Resolves when no new row is on its way whose answer is not known: it must not be taken for another one. */
    private readonly settled: () => Promise<void>,
    /** The copy is in step with the service, but for what is told from now on. */
    private readonly inStep: () => void,
  ) {}

  /** Follows until the stream ends. @throws ApiError */
  async run(signal: AbortSignal): Promise<void> {
    const link = this.reader.link("events");
    const cursor = this.copy.model.meta.get(CURSOR)?.value;
    const isNew = typeof cursor !== "string" || this.copy.model.meta.get(SYNCED)?.value !== true;
    if (!link) return this.withoutEvents();
    const headers = { accept: "text/event-stream", ...(isNew ? {} : { "last-event-id": cursor }) };
    this.cut = new AbortController();
    this.failure = undefined;
    this.needsAll = isNew;
    try {
      const response = await this.reader.api.open(
        link.href,
        headers,
        AbortSignal.any([signal, this.cut.signal]),
      );
      for await (const event of eventsOf(response)) this.hear(event);
    } catch (error) {
      await this.reading;
      // Why it was cut says more.
      throw this.failure ?? error;
    }
    await this.reading;
    if (this.failure) throw this.failure;
  }

  /** A guest, or a token for some lists, may have none. */
  private async withoutEvents(): Promise<void> {
    await this.reader.readAll();
    this.inStep();
  }

  private hear({ id, event, data }: ServerEvent): void {
    if (event === "resync") this.needsAll = true;
    else if (data !== undefined) this.changed.add(hrefIn(data));
    if (id !== undefined) this.position = id;
    // What is told before the first position is told again if this ends.
    if (this.position !== undefined) this.reading ??= this.readChanges();
  }

  private async readChanges(): Promise<void> {
    try {
      do {
        await this.settled();
        await this.readSome();
      } while (this.needsAll || this.changed.size > 0);
    } catch (error) {
      this.failure = error;
      this.cut.abort();
    } finally {
      this.reading = undefined;
    }
  }

  private async readSome(): Promise<void> {
    const { position, changed } = this;
    const isWhole = this.needsAll || changed.size > CHANGES_MAX;
    this.changed = new Set();
    this.needsAll = false;
    if (isWhole) await this.reader.readAll();
    else await each([...changed], READS_AT_ONCE, (href) => this.readOne(href));
    await this.copy.commit((draft) => {
      if (draft.meta(CURSOR) !== position) draft.setMeta(CURSOR, position);
      if (draft.meta(SYNCED) !== true) draft.setMeta(SYNCED, true);
    });
    this.inStep();
  }

  private async readOne(href: string): Promise<void> {
    const { model } = this.copy;
    const key = model.keyAt(href);
    if (key === undefined) return this.readNew(href);
    const list = model.lists.get(key);
    // What this caller may do with it may have changed, too.
    if (list && (await this.reader.readRow("list", key, href))) {
      if (list.gone) await this.reader.readList(key);
      else await this.reader.readRights(key);
    }
    const task = model.tasks.get(key);
    if (task) await this.reader.readRow("task", key, href, task.gone ? undefined : task.etag);
  }

  private async readNew(href: string): Promise<void> {
    const seen = await this.reader.seenAt(href);
    if (!seen) this.reader.vanished.add(href);
    if (!seen || seen === "same") return;
    if (seen.body._links.tasks) await this.reader.takeNewList(seen);
    else if (seen.body._links.checklist) await this.readNewTask(seen, seen.body._links.checklist.href);
  }

  /** It may be in a list that this caller has only just been let into. */
  private async readNewTask(seen: Seen, list: string): Promise<void> {
    if (this.copy.model.keyAt(list) === undefined) await this.readNew(list);
    else await this.reader.takeStranger(seen);
  }
}

function hrefIn(data: string): string {
  const told: { readonly href?: unknown } = JSON.parse(data);
  return typeof told.href === "string" ? told.href : "";
}

async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
