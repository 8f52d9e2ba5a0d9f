import { type Signal, signal } from "@preact/signals";
import { ApiError } from "../api/api-error.ts";
import type { HttpApi } from "../api/http-api.ts";
import type { Resource } from "../api/types.ts";
import { type Identity, identityAt } from "./identity.ts";
import { Session } from "./session.ts";
import type { Channel, Surroundings } from "./surroundings.ts";
import type { Person, Workspace } from "./types.ts";

/** How often the service is asked who this is, while it does not answer, ms. */
const RETRY_MS = 3_000;
const ME = "me";

/** To all tabs of this origin. */
type Message = { readonly is: "signed-in" } | { readonly is: "closed"; readonly name: string };
type State = Workspace["state"]["value"];

/** Whose copy is open: that of the caller, as the service says; until it does, the one that was last in use. */
export class Sessions {
  readonly current = signal<Session | undefined>(undefined);
  /** As last seen by this tab. */
  readonly root = signal<Resource | undefined>(undefined);
  private readonly me = signal<Person | undefined>(undefined);
  private readonly channel: Channel;
  private readonly end = new AbortController();
  private name: string | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: HttpApi,
    private readonly surroundings: Surroundings,
    private readonly state: Signal<State>,
  ) {
    this.channel = surroundings.channel("todos");
    this.channel.listen((message: Message) => this.hear(message));
  }

  /** Shows the copy that was last in use, then asks who the caller is, until there is an answer. */
  async open(): Promise<void> {
    const last = this.surroundings.last.get();
    if (last !== null) await this.inTurn(() => this.show(last));
    while (!this.end.signal.aborted && !(await this.identify())) {
      const woken = new AbortController();
      const stop = this.surroundings.onWake(() => woken.abort());
      await this.surroundings.pause(RETRY_MS, AbortSignal.any([woken.signal, this.end.signal]));
      stop();
    }
  }

  person(): Person | undefined {
    const session = this.current.value;
    void session?.commits.value;
    return this.me.value ?? (session?.copy.model.meta.get(ME)?.value as Person | undefined);
  }

  async signedIn(): Promise<void> {
    this.channel.post({ is: "signed-in" } satisfies Message);
    await this.identify();
    this.current.peek()?.wake();
  }

  async close(keepCopy: boolean): Promise<void> {
    this.end.abort();
    const { name } = this;
    this.surroundings.last.set(null);
    if (name !== undefined) this.channel.post({ is: "closed", name } satisfies Message);
    await this.inTurn(() => this.leave());
    if (name !== undefined && !keepCopy) await this.surroundings.wipe(name);
    this.channel.close();
  }

  /** @returns whether there was an answer */
  private async identify(): Promise<boolean> {
    try {
      const root = await this.api.root();
      await this.become(root, await identityAt(this.api, root, this.surroundings.start));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.state.peek() === "opening") this.state.value = "unreachable";
      return false;
    }
  }

  private become(root: Resource, identity: Identity): Promise<void> {
    return this.inTurn(async () => {
      this.root.value = root;
      if (identity.is === "elsewhere") this.state.value = "elsewhere";
      else if (identity.is === "nobody") this.state.value = "signed-out";
      else {
        if (this.name !== identity.name) await this.show(identity.name);
        this.me.value = identity.me;
        this.surroundings.last.set(identity.name);
        await this.keep(identity.me);
        this.state.value = "ready";
      }
    });
  }

  /** For when there is no answer at the start. */
  private async keep(me: Person | undefined): Promise<void> {
    const copy = this.current.peek()?.copy;
    if (!copy || JSON.stringify(copy.model.meta.get(ME)?.value) === JSON.stringify(me)) return;
    await copy.commit((draft) => draft.setMeta(ME, me));
  }

  private async show(name: string): Promise<void> {
    await this.leave();
    if (this.end.signal.aborted) return;
    const { api, surroundings } = this;
    const verify = (root: Resource) => this.verify(name, root);
    const signedOut = () => void this.identify();
    const outdated = () => void this.leave();
    const session = await Session.open({ name, api, surroundings, verify, signedOut, outdated });
    this.name = name;
    this.current.value = session;
    if (session.rows.lists.peek().length > 0) this.state.value = "ready";
    session.start();
  }

  private async leave(): Promise<void> {
    const session = this.current.peek();
    this.current.value = undefined;
    this.me.value = undefined;
    this.name = undefined;
    await session?.close();
  }

  /** Before anything of this copy is sent: it must not go out in another one's name. @throws ApiError */
  private async verify(name: string, root: Resource): Promise<void> {
    const identity = await identityAt(this.api, root, this.surroundings.start);
    if (identity.is === "somebody" && identity.name === name) {
      this.root.value = root;
      if (this.current.peek() && this.name === name) this.state.value = "ready";
      return;
    }
    void this.become(root, identity);
    throw new ApiError({
      status: 401,
      code: "unauthenticated",
      title: "Somebody else is signed in, or nobody",
    });
  }

  private hear(message: Message): void {
    if (message.is === "signed-in") void this.identify().then(() => this.current.peek()?.wake());
    else if (message.name === this.name) {
      void this.inTurn(() => this.leave());
      this.state.value = "signed-out";
    }
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.turn.then(act);
    this.turn = turn.catch(() => undefined);
    return turn;
  }
}
