import { type ReadonlySignal, signal } from "@preact/signals";
import type { Fetch } from "../api/http-api.ts";
import { Database, type Keeper, Nowhere } from "../copy/database.ts";
import { lastCopy, setLastCopy } from "../picture/picture.ts";
import type { Limits } from "./types.ts";

/** What a browser gives the page; a test has its own. */
export interface Surroundings {
  /** URL of `/`. */
  readonly start: string;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly uuid: () => string;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly limits: ReadonlySignal<Limits>;
  /** @param outdated called when a newer page needs the database */
  openKeeper(name: string, outdated: () => void): Promise<Keeper>;
  wipe(name: string): Promise<void>;
  /** Resolves when this tab leads; `end` resolves when it no longer needs to. */
  lead(name: string, end: Promise<void>): Promise<void>;
  channel(name: string): Channel;
  /** Name of the copy that was last in use. */
  readonly last: { get(): string | null; set(name: string | null): void };
  /** Whether the browser believes so; the service may be on this machine. */
  readonly isOffline: () => boolean;
  /** @param listener called when the network, or the tab, is back. @returns what stops that */
  onWake(listener: () => void): () => void;
  /** Calls it when the frame that shows what has just changed is drawn; soon, where nothing is drawn. */
  afterPaint(then: () => void): void;
  /** Resolves after so long, or when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** To the other tabs of this copy. */
export interface Channel {
  post(message: unknown): void;
  listen(listener: (message: never) => void): void;
  close(): void;
}

export function browserSurroundings(): Surroundings {
  const hasLocks = navigator.locks !== undefined;
  const hasCopy = typeof indexedDB === "object" && indexedDB !== null;
  const limits = signal<Limits>({
    tabs: !hasLocks,
    copy: !hasCopy,
    offline: !("serviceWorker" in navigator),
  });
  return {
    start: new URL("/", location.href).href,
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    uuid,
    random: () => Math.random(),
    limits,
    openKeeper: async (name, outdated) => {
      if (!hasCopy) return new Nowhere();
      // Private windows of some browsers have it and refuse it.
      return Database.open(name, outdated).catch(() => {
        limits.value = { ...limits.peek(), copy: true };
        return new Nowhere();
      });
    },
    wipe: (name) => wiped(name),
    lead: (name, end) => lead(name, end, hasLocks),
    channel: (name) => tabs(name),
    last: { get: lastCopy, set: setLastCopy },
    isOffline: () => !navigator.onLine,
    onWake,
    afterPaint,
    pause,
  };
}

/** Also where there is no `crypto.randomUUID`: over plain HTTP. Source: RFC 9562, version 4. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A tab that is not seen draws no frames. */
const FRAME_MS_MAX = 100;

function afterPaint(then: () => void): void {
  const timer = setTimeout(then, FRAME_MS_MAX);
  // A frame is drawn after its callbacks.
  requestAnimationFrame(() =>
    setTimeout(() => {
      clearTimeout(timer);
      then();
    }),
  );
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Where there are no locks, every tab leads: what two of them send twice is done once. */
function lead(name: string, end: Promise<void>, hasLocks: boolean): Promise<void> {
  if (!hasLocks) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const held = () => {
      resolve();
      return end;
    };
    navigator.locks.request(name, held).catch(reject);
  });
}

function tabs(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => {
      channel.onmessage = ({ data }) => listener(data as never);
    },
    close: () => channel.close(),
  };
}

function onWake(listener: () => void): () => void {
  const seen = () => document.visibilityState === "visible" && listener();
  addEventListener("online", listener);
  addEventListener("pageshow", listener);
  document.addEventListener("visibilitychange", seen);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("pageshow", listener);
    document.removeEventListener("visibilitychange", seen);
  };
}

function wiped(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
