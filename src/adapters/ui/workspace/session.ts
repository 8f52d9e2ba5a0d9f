import { type Signal, signal } from "@preact/signals";
import type { HttpApi } from "../api/http-api.ts";
import type { Resource } from "../api/types.ts";
import { Copy, type News } from "../copy/copy.ts";
import type { Keeper } from "../copy/database.ts";
import type { Engine, Status } from "../sync/engine.ts";
import { Rows } from "./rows.ts";
import type { Channel, Surroundings } from "./surroundings.ts";

/** What the tabs of one copy tell each other. */
type Message =
  | { readonly is: "news"; readonly news: News }
  | { readonly is: "status"; readonly status: Status }
  /** Of a tab that has just opened, or that wants the leading one to try again. */
  | { readonly is: "wake" };

export interface SessionOptions {
  readonly name: string;
  readonly api: HttpApi;
  readonly surroundings: Surroundings;
  /** Whether it is still this person: see `Reader`. */
  readonly verify: (root: Resource) => Promise<void>;
  /** The service wants somebody to sign in. */
  readonly signedOut: () => void;
  /** A newer page has taken the database away. */
  readonly outdated: () => void;
}

/** One person's copy, and what keeps it in step. */
export class Session {
  readonly status: Signal<Status> = signal<Status>({ connection: "connecting" });
  readonly rows: Rows;
  /** Raised with each commit, whatever it is about. */
  readonly commits = signal(0);
  private engine: Engine | undefined;
  private isClosed = false;
  private readonly ended = Promise.withResolvers<void>();
  private stopWaking: () => void = () => undefined;

  private constructor(
    readonly copy: Copy,
    private readonly channel: Channel,
    private readonly options: SessionOptions,
  ) {
    this.rows = new Rows(copy);
    copy.listen(() => {
      this.commits.value++;
      // What was done shows first: sending it costs the page as much again.
      options.surroundings.afterPaint(() => this.engine?.poke());
    });
  }

  static async open(options: SessionOptions): Promise<Session> {
    const { name, surroundings } = options;
    const keeper: Keeper = await surroundings.openKeeper(name, options.outdated);
    const channel = surroundings.channel(name);
    const tell = (news: News) => channel.post({ is: "news", news } satisfies Message);
    const copy = new Copy({ keeper, tell, now: surroundings.now, uuid: surroundings.uuid });
    // Before it is read, so that no news is missed.
    const early: Message[] = [];
    channel.listen((message: Message) => early.push(message));
    await copy.open();
    const session = new Session(copy, channel, options);
    channel.listen((message: Message) => session.hear(message));
    for (const message of early) session.hear(message);
    return session;
  }

  /** `/` as last seen by any tab. */
  root(): Resource | undefined {
    return this.copy.model.meta.get("root")?.value as Resource | undefined;
  }

  /** Leads as soon as no other tab does. */
  start(): void {
    const { surroundings, name } = this.options;
    this.stopWaking = surroundings.onWake(() => this.wake());
    this.channel.post({ is: "wake" } satisfies Message);
    void surroundings.lead(`${name} leads`, this.ended.promise).then(() => this.lead());
  }

  /** Tries now what waits for an answer. */
  wake(): void {
    if (this.engine) this.engine.wake();
    else this.channel.post({ is: "wake" } satisfies Message);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.stopWaking();
    this.engine?.stop();
    this.ended.resolve();
    await this.copy.close();
    this.channel.close();
  }

  private async lead(): Promise<void> {
    const { surroundings, api, verify, signedOut } = this.options;
    const { copy } = this;
    // The first paint does not need it.
    const { Engine } = await import("../sync/engine.ts");
    const tell = (status: Status) => {
      this.status.value = status;
      this.channel.post({ is: "status", status } satisfies Message);
    };
    if (this.isClosed) return;
    this.engine = new Engine({ copy, api, verify, surroundings, signedOut, tell });
    await this.engine.run();
  }

  private hear(message: Message): void {
    if (message.is === "news") this.copy.receive(message.news);
    else if (message.is === "status") this.status.value = message.status;
    else if (this.engine) {
      this.channel.post({ is: "status", status: this.status.peek() } satisfies Message);
      this.engine.wake();
    }
  }
}
