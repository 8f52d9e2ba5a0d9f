import type { KeyedOperation } from "./history.ts";

/** What a client creates under its keys. */
export interface Kind {
  readonly name: "task" | "checklist";
  /** The path that creates and lists them. */
  readonly collection: string;
  /** The member that holds the key under which a row was created. */
  readonly member: "todo" | "name";
  pathOf(id: string): string;
}

const REQUEST_DEADLINE_MS = 30_000;
const PAUSE_MS = 20;
/** The pause before trying again: the key is still in progress, or nobody answers. */
const AGAIN_MS = 250;
/** The shares of rows that their own client deletes, and that another client deletes as soon as it sees them. */
const DELETED = 0.6;
const SNATCHED = 0.3;

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly invokedAt: number;
  readonly endedAt: number;
}

/**
 * Clients that create rows under keys, repeat requests, read and delete until stopped. They record everything they see.
 */
export class KeyedLoad {
  readonly operations: KeyedOperation[] = [];
  private stopped = false;
  private readonly clients: Promise<void>[];

  /** @param urls instances of the service; one may be dead, and another may replace it */
  constructor(
    private readonly urls: readonly string[],
    private readonly kinds: readonly Kind[],
    private readonly random: () => number,
    clientsPerKind: number,
  ) {
    this.clients = kinds.flatMap((kind) => [
      ...Array.from({ length: clientsPerKind }, (_, n) => this.lives(kind, `${kind.name}.${n}`)),
      this.snatches(kind),
    ]);
  }

  /** Stops after the rows in progress. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  /** @returns ids of the existing rows, by their keys */
  async stored(): Promise<Map<string, string[]>> {
    const stored = new Map<string, string[]>();
    for (const kind of this.kinds) {
      const reply = await this.ask("GET", kind.collection, undefined, { accept: "application/x-ndjson" });
      if (reply.status !== 200)
        throw new Error(`what is stored can't be read: ${reply.status} ${reply.text}`);
      for (const line of reply.text.split("\n").filter((text) => text !== "")) {
        const row = JSON.parse(line);
        const key = String(row[kind.member]);
        stored.set(key, [...(stored.get(key) ?? []), String(row.id)]);
      }
    }
    return stored;
  }

  private async lives(kind: Kind, client: string): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      const key = `${client}.${n}`;
      const id = await this.creates(kind, key);
      if (id === undefined) continue;
      await this.looks(kind, key, id);
      if (this.random() < DELETED) await this.deletes(kind, key, id);
      if (this.random() < 0.5) await this.creates(kind, key);
      await this.looks(kind, key, id);
    }
  }

  /** Deletes rows as soon as it sees them, perhaps before their clients have an answer. */
  private async snatches(kind: Kind): Promise<void> {
    const tried = new Set<string>();
    while (!this.stopped) {
      await Bun.sleep(AGAIN_MS);
      const reply = await this.ask("GET", kind.collection, undefined, { accept: "application/x-ndjson" });
      if (reply.status !== 200) continue;
      const rows = reply.text.split("\n").filter((line) => line !== "");
      for (const row of rows.map((line) => JSON.parse(line))) {
        const [key, id] = [String(row[kind.member]), String(row.id)];
        if (!key.startsWith(`${kind.name}.`) || tried.has(id)) continue;
        tried.add(id);
        if (this.random() < SNATCHED) await this.deletes(kind, key, id);
      }
    }
  }

  /** Repeats the request until it is acknowledged, as a client should. */
  private async creates(kind: Kind, key: string): Promise<string | undefined> {
    const body = { [kind.member]: key };
    for (;;) {
      const reply = await this.ask("POST", kind.collection, body, { "idempotency-key": key });
      if (reply.status === 201) {
        const id = String(JSON.parse(reply.text).id);
        this.note("create", key, "done", reply, id);
        return id;
      }
      this.note("create", key, "unknown", reply);
      await Bun.sleep(AGAIN_MS);
    }
  }

  private async looks(kind: Kind, key: string, id: string): Promise<void> {
    const reply = await this.ask("GET", kind.pathOf(id));
    this.note(
      "read",
      key,
      reply.status === 200 ? "done" : reply.status === 404 ? "absent" : "unknown",
      reply,
    );
  }

  private async deletes(kind: Kind, key: string, id: string): Promise<void> {
    for (;;) {
      const reply = await this.ask("DELETE", kind.pathOf(id));
      this.note(
        "delete",
        key,
        reply.status === 204 ? "done" : reply.status === 404 ? "absent" : "unknown",
        reply,
      );
      if (reply.status === 204 || reply.status === 404) return;
      await Bun.sleep(AGAIN_MS);
    }
  }

  private note(
    kind: KeyedOperation["kind"],
    key: string,
    outcome: KeyedOperation["outcome"],
    { invokedAt, endedAt }: Reply,
    id?: string,
  ): void {
    this.operations.push({ kind, key, outcome, invokedAt, endedAt, ...(id !== undefined && { id }) });
  }

  private async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    await Bun.sleep(PAUSE_MS);
    const url = this.urls[Math.floor(this.random() * this.urls.length)] + path;
    const invokedAt = performance.now();
    try {
      const response = await fetch(url, {
        method,
        signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text(), invokedAt, endedAt: performance.now() };
    } catch {
      // The instance was killed, so record the outcome as unknown.
      return { status: 0, text: "", invokedAt, endedAt: performance.now() };
    }
  }
}
