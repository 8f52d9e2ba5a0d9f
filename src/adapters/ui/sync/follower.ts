import { eventsOf, type ServerEvent } from "../api/streams.ts";
import type { Copy } from "../copy/copy.ts";
import { each } from "./each.ts";
import { READS_AT_ONCE, type Reader } from "./reader.ts";
import { SYNCED, wasInStep } from "./synced.ts";

const CURSOR = "cursor";
/** More changes than this at once are read in one piece. */
const CHANGES_MAX = 300;

/** Follows what changes at the service, and reads it into the copy. */
export class Follower {
  /** Addresses to be read, in the order in which they were told. */
  private changed = new Set<string>();
  private needsAll = false;
  private position: string | undefined;
  private reading: Promise<void> | undefined;
  private cut = new AbortController();
  private failure: { readonly why: unknown } | undefined;

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
    const isNew = typeof cursor !== "string" || !wasInStep(this.copy.model);
    if (!link) return this.withoutEvents();
    const headers = { accept: "text/event-stream", ...(isNew ? {} : { "last-event-id": cursor }) };
    this.begin(isNew);
    const { cut } = this;
    const end = () => cut.abort();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    try {
      const response = await this.reader.api.open(link.href, headers, cut.signal);
      for await (const event of eventsOf(response, cut.signal)) this.hear(event);
    } catch (error) {
      await this.reading;
      // Why it was cut says more.
      throw this.failure ? this.failure.why : error;
    } finally {
      signal.removeEventListener("abort", end);
    }
    await this.reading;
    if (this.failure) throw this.failure.why;
  }

  /** Nothing is left of the run before: what it heard and did not read is told again, from the cursor on. */
  private begin(isNew: boolean): void {
    this.cut = new AbortController();
    this.failure = undefined;
    this.changed = new Set();
    this.position = undefined;
    this.needsAll = isNew;
  }

  /** A guest, or a token for some lists, may have none. */
  private async withoutEvents(): Promise<void> {
    await this.reader.readAll();
    this.inStep();
  }

  private hear({ id, event, data }: ServerEvent): void {
    // What could not be read is told again; nothing after it may move the cursor past it.
    if (this.failure) return;
    const href = data === undefined ? undefined : hrefIn(data);
    if (event === "resync") this.needsAll = true;
    else if (href !== undefined) this.changed.add(href);
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
      this.failure = { why: error };
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
    else await each([...changed], READS_AT_ONCE, (href) => this.reader.readAt(href));
    await this.copy.commit((draft) => {
      if (draft.meta(CURSOR) !== position) draft.setMeta(CURSOR, position);
      if (draft.meta(SYNCED) !== true) draft.setMeta(SYNCED, true);
    });
    this.inStep();
  }
}

function hrefIn(data: string): string | undefined {
  const told: { readonly href?: unknown } = JSON.parse(data);
  return typeof told.href === "string" ? told.href : undefined;
}
