import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import type { Resource } from "../api/types.ts";
import type { Copy } from "../copy/copy.ts";
import type { Surroundings } from "../workspace/surroundings.ts";
import { Follower } from "./follower.ts";
import { tidy } from "./housekeeping.ts";
import { Nap } from "./nap.ts";
import { Reader } from "./reader.ts";
import { Sender } from "./sender.ts";

const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 60_000;
/** How often lists are compared, ms: nobody tells who is let into one, or out of it. */
const LISTS_INTERVAL_MS = 5 * 60_000;
/** How often all rows are compared, ms. */
const WHOLE_INTERVAL_MS = 60 * 60_000;
const COMPARED = "compared";
/** How long rows from elsewhere wait for the answers about rows made here, ms. */
const SETTLING_MS = 5_000;

/** How it goes with the service, as the leading tab sees it. */
export interface Status {
  readonly connection: "connecting" | "online" | "offline" | "server" | "signed-out";
  /** Of the service, in its words. */
  readonly detail?: string;
  /** Id of the entry being sent. */
  readonly sending?: string;
}

export interface EngineOptions {
  readonly copy: Copy;
  readonly api: HttpApi;
  /** Rejects with 401 if the caller is not the copy's person any more. */
  readonly verify: (root: Resource) => Promise<void>;
  readonly surroundings: Surroundings;
  /** The service wants somebody to sign in. */
  readonly signedOut: () => void;
  readonly tell: (status: Status) => void;
}

/** What the leading tab does: it follows the service, and sends the queue. */
export class Engine {
  private readonly reader: Reader;
  private readonly sender: Sender;
  private readonly follower: Follower;
  private readonly end = new AbortController();
  private readonly rests: Readonly<Record<"follow" | "send" | "lists", Nap>>;
  private status: Status = { connection: "connecting" };
  private isFailing = false;
  /** Whether the service answers is not known. */
  private isUncertain = true;

  constructor(private readonly options: EngineOptions) {
    const { copy, api, verify, surroundings } = options;
    this.reader = new Reader(copy, api, verify);
    const { reader } = this;
    const nap = () => new Nap(surroundings.pause, this.end.signal);
    this.rests = { follow: nap(), send: nap(), lists: nap() };
    this.sender = new Sender(copy, api, reader, (sending) => this.now(this.status.connection, { sending }));
    this.follower = new Follower(
      copy,
      reader,
      () => this.settled(),
      () => this.now("online"),
    );
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    await tidy(this.options.copy);
    await Promise.all([this.follow(), this.send(), this.compareLists()]);
  }

  stop(): void {
    this.end.abort();
  }

  /** There is something new to be sent. */
  poke(): void {
    if (!this.isFailing) this.rests.send.end();
  }

  /** There is reason to believe that now there will be an answer. */
  wake(): void {
    for (const rest of Object.values(this.rests)) rest.end();
  }

  private async send(): Promise<void> {
    for (let failures = 0; !this.isOver; ) {
      try {
        const isDoubtful = this.isUncertain || this.options.surroundings.isOffline();
        if (await this.sender.run(isDoubtful)) {
          if (this.isUncertain) this.now("online");
          this.isUncertain = false;
        }
        failures = 0;
        this.isFailing = false;
        await this.rests.send.take();
      } catch (error) {
        this.isFailing = true;
        this.isUncertain = true;
        await this.rests.send.take(this.failed(error, failures++));
      }
    }
  }

  private async follow(): Promise<void> {
    for (let failures = 0; !this.isOver; ) {
      try {
        await this.reader.readRoot();
        if (this.isFailing) this.rests.send.end();
        failures = 0;
        await this.follower.run(this.end.signal);
        await this.rests.follow.take(this.retryMs(0));
      } catch (error) {
        await this.rests.follow.take(this.failed(error, failures++));
      }
    }
  }

  private async compareLists(): Promise<void> {
    for (;;) {
      await this.rests.lists.take(LISTS_INTERVAL_MS);
      if (this.isOver) return;
      if (this.status.connection !== "online") continue;
      // The other two say what is wrong, and when it is over.
      await this.compare().catch((error: unknown) => {
        // Its copy may have been closed under it.
        if (!this.isOver && !(error instanceof ApiError)) throw error;
      });
    }
  }

  /** Events tell of everything; should one ever be missed, that does not last. */
  private async compare(): Promise<void> {
    const { copy, surroundings } = this.options;
    const lastMs = Number(copy.model.meta.get(COMPARED)?.value ?? 0);
    if (surroundings.now() - lastMs < WHOLE_INTERVAL_MS) return this.reader.compareLists();
    await this.reader.readAll();
    await tidy(copy);
    await copy.commit((draft) => draft.setMeta(COMPARED, draft.nowMs));
  }

  private get isOver(): boolean {
    return this.end.signal.aborted;
  }

  /** @returns how long to wait, ms */
  private failed(error: unknown, failures: number): number {
    if (this.isOver) return 0;
    if (!(error instanceof ApiError)) {
      // A fault of the page, or of the browser's storage: said whole, and tried again.
      console.error(error);
      this.now("server", { detail: error instanceof Error ? error.message : String(error) });
      return this.retryMs(failures);
    }
    const { status, problem } = error;
    const detail = problem.detail ?? problem.title;
    if (status === 401) {
      this.now("signed-out");
      this.options.signedOut();
    } else this.now(error.isUnreachable ? "offline" : "server", { detail });
    return status === 401 ? RETRY_LAST_MS : Math.max(problem.retryAfterMs ?? 0, this.retryMs(failures));
  }

  /** Uniform in [half, whole] of a time that doubles. */
  private retryMs(failures: number): number {
    const wholeMs = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** failures);
    return wholeMs * (0.5 + this.options.surroundings.random() / 2);
  }

  private now(
    connection: Status["connection"],
    more: { detail?: string; sending?: string | undefined } = {},
  ): void {
    const { detail, sending } = more;
    this.status = {
      connection,
      ...(detail === undefined ? {} : { detail }),
      ...(sending === undefined ? {} : { sending }),
    };
    this.options.tell(this.status);
  }

  /** When no row made here is on its way to the service: its echo must not be taken for another row. */
  private async settled(): Promise<void> {
    const { copy, surroundings } = this.options;
    const isOpen = () =>
      [...copy.model.queue.values()].some(
        ({ act, state, isUnsure }) => isUnsure && act === "create" && state === "waiting",
      );
    if (!isOpen()) return;
    const over = new AbortController();
    const end = () => over.abort();
    const stop = copy.listen(() => isOpen() || end());
    this.end.signal.addEventListener("abort", end);
    await surroundings.pause(SETTLING_MS, over.signal);
    this.end.signal.removeEventListener("abort", end);
    stop();
  }
}
