import "fake-indexeddb/auto";
import { signal } from "@preact/signals";
import { Database } from "../../../src/adapters/ui/copy/database.ts";
import { openWorkspace } from "../../../src/adapters/ui/workspace/open.ts";
import {
  type Channel,
  pause,
  type Surroundings,
  uuid,
} from "../../../src/adapters/ui/workspace/surroundings.ts";
import type { Workspace } from "../../../src/adapters/ui/workspace/types.ts";

/** What outlives a page: its databases, and what it remembers. */
export class Browser {
  private static count = 0;
  private readonly id = ++Browser.count;
  private last: string | null = null;
  private readonly tabs = new Map<string, Set<(message: never) => void>>();
  private leader: Promise<void> = Promise.resolve();
  private network = new AbortController();
  private readonly signals: AbortSignal[] = [];
  nowMs: () => number = () => Date.now();

  constructor(private readonly url: string) {}

  get isOnline(): boolean {
    return !this.network.signal.aborted;
  }

  /** Cuts the network, also what is under way. */
  cut(): void {
    this.network.abort();
  }

  restore(): void {
    if (!this.isOnline) this.network = new AbortController();
  }

  /** Opens the page in a tab of its own. */
  open(hooks: Hooks = {}): Tab {
    return new Tab(this, hooks);
  }

  surroundings(tab: Tab, hooks: Hooks): Surroundings {
    const named = (name: string) => `${this.id} ${name}`;
    return {
      start: `${this.url}/`,
      fetch: async (url, init) => {
        await tab.step("request");
        const { signal } = this.network;
        signal.throwIfAborted();
        const ends = [signal, tab.ended.signal, ...(init.signal ? [init.signal] : [])];
        const end = AbortSignal.any(ends);
        // Held, so that it is not collected while a stream is open.
        this.signals.push(end);
        let response: Response;
        try {
          response = await (hooks.fetch ?? fetch)(url, { ...init, signal: end });
        } finally {
          await tab.step("answer");
        }
        end.throwIfAborted();
        return response;
      },
      now: () => this.nowMs(),
      uuid,
      random: () => 0.5,
      limits: signal({ tabs: false, copy: false, offline: true }),
      openKeeper: async (name, outdated) => {
        const database = await Database.open(named(name), outdated);
        return {
          load: () => database.load(),
          write: async (batch, generation) => {
            await tab.step("commit");
            hooks.writes?.();
            const written = await database.write(batch, generation);
            await tab.step("committed");
            return written;
          },
          history: () => database.history(),
          close: () => database.close(),
        };
      },
      wipe: (name) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase(named(name));
          request.onsuccess = () => resolve();
          request.onerror = () => reject(request.error);
        }),
      lead: async (_, end) => {
        const before = this.leader;
        this.leader = before.then(() => Promise.race([end, tab.death]));
        await before;
      },
      channel: (name) => this.channel(name, tab),
      last: {
        get: () => this.last,
        set: (name) => {
          this.last = name;
        },
      },
      isOffline: () => !this.isOnline,
      afterPaint: (then) => then(),
      onWake: (listener) => {
        tab.wakes.add(listener);
        return () => tab.wakes.delete(listener);
      },
      pause: (ms, signal) => pause(hooks.pauseMs?.(ms) ?? ms, signal),
    };
  }

  private channel(name: string, tab: Tab): Channel {
    const all = this.tabs.get(name) ?? new Set();
    this.tabs.set(name, all);
    let own: ((message: never) => void) | undefined;
    return {
      post: (message) => {
        if (tab.isDead) return;
        for (const listener of all) if (listener !== own) listener(structuredClone(message) as never);
      },
      listen: (listener) => {
        if (own) all.delete(own);
        own = (message) => {
          if (!tab.isDead) listener(message);
        };
        all.add(own);
      },
      close: () => {
        if (own) all.delete(own);
      },
    };
  }
}

export interface Hooks {
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Called before each write to the disk, which fails if it throws. */
  readonly writes?: () => void;
  readonly pauseMs?: (ms: number) => number;
  /** Called before each step; the page dies there if it returns true. */
  readonly kills?: (step: string) => boolean;
}

export class Tab {
  readonly wakes = new Set<() => void>();
  /** Aborts what it has under way when it dies. */
  readonly ended = new AbortController();
  readonly workspace: Workspace;
  isDead = false;
  private readonly dying = Promise.withResolvers<void>();

  constructor(
    browser: Browser,
    private readonly hooks: Hooks,
  ) {
    this.workspace = openWorkspace(browser.surroundings(this, hooks));
  }

  get death(): Promise<void> {
    return this.dying.promise;
  }

  /** As if the process had ended: nothing that it had begun goes on. */
  kill(): void {
    this.isDead = true;
    this.ended.abort();
    this.dying.resolve();
  }

  async step(name: string): Promise<void> {
    if (!this.isDead && this.hooks.kills?.(name)) this.kill();
    // What a dead page waits for never comes.
    if (this.isDead) await new Promise<never>(() => undefined);
  }

  wake(): void {
    for (const wake of this.wakes) wake();
  }
}

/** The engine tries again at once, but for the one pause that must not end by itself. */
export const RETRYING_SOON = {
  pauseMs: (ms: number) => (ms === 5_000 || ms >= 60_000 ? ms : 10),
} satisfies Hooks;
