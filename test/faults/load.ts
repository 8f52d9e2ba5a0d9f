import { FULL_SIZE } from "../support/size.ts";
import type { Answer, History, Outcome } from "./history.ts";

export interface LoadOptions {
  /** Instances of the service. Every client uses them in turn. */
  readonly urls: readonly string[];
  /** Ids of the checklists to write and read. */
  readonly rows: readonly string[];
  /** The checklist in which to create tasks. */
  readonly tasksChecklist: string;
}

/** Writers of one row: more than one, so that they collide. */
const WRITERS_PER_ROW = 2;
const CREATORS = 2;
/**
 * The pause between two requests of one client, ms. It gives a steady load, not the maximum; in an ordinary run also
 * room for the steps beside it.
 */
const PAUSE_MS = FULL_SIZE ? 25 : 120;
/** The pause while a node starts on the same machine and needs the processor more. */
const GENTLE_PAUSE_MS = FULL_SIZE ? 200 : 400;
const REQUEST_DEADLINE_MS = 60_000;

interface Reply {
  readonly status: number;
  readonly etag: string | null;
  readonly text: string;
}

/** Clients that write, read and create until stopped. They record everything they see. */
export class Load {
  private stopped = false;
  private pauseMs = PAUSE_MS;
  private turn = 0;
  private readonly clients: Promise<void>[];

  constructor(
    private readonly options: LoadOptions,
    private readonly history: History,
  ) {
    const writers = options.rows.flatMap((row, r) =>
      Array.from({ length: WRITERS_PER_ROW }, (_, w) => this.writes(row, `w${r}.${w}`)),
    );
    const creators = Array.from({ length: CREATORS }, (_, c) => this.creates(`c${c}`));
    this.clients = [...writers, ...creators];
  }

  /** Sends fewer requests while the work runs. */
  async gently(work: () => Promise<void>): Promise<void> {
    this.pauseMs = GENTLE_PAUSE_MS;
    await work();
    this.pauseMs = PAUSE_MS;
  }

  /** Stops after the requests in progress. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  /** Repeatedly reads the row and writes it if it has not changed. */
  private async writes(row: string, client: string): Promise<void> {
    const path = `/checklists/${row}`;
    for (let n = 0; !this.stopped; n++) {
      await Bun.sleep(this.pauseMs);
      const seen = await this.ask("GET", path);
      const version = versionOf(seen.reply);
      if (version === undefined || !seen.reply.etag) continue;
      this.history.operations.push({
        kind: "read",
        row,
        value: nameOf(seen.reply),
        version,
        outcome: "ok",
        ...times(seen),
      });
      const value = `${client}.${n}`;
      const sent = await this.ask("PATCH", path, { name: value }, { "if-match": seen.reply.etag });
      const outcome = outcomeOf(sent.reply);
      const after = outcome === "ok" ? versionOf(sent.reply) : undefined;
      this.history.operations.push({
        kind: "write",
        row,
        value,
        expected: version,
        outcome,
        ...times(sent),
        ...(after === undefined ? {} : { version: after }),
      });
    }
  }

  /** Creates tasks, each under its own key, and repeats each request until it is acknowledged, as a client should. */
  private async creates(client: string): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      const todo = `${client}.${n}`;
      const headers = { "idempotency-key": `${client}-${n}` };
      let acknowledged = false;
      while (!acknowledged && !this.stopped) {
        await Bun.sleep(this.pauseMs);
        const path = `/tasks?checklist=${this.options.tasksChecklist}`;
        acknowledged = (await this.ask("POST", path, { todo }, headers)).reply.status === 201;
      }
      this.history.creations.push({ text: todo, acknowledged });
    }
  }

  private async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const url = this.options.urls[this.turn++ % this.options.urls.length] + path;
    const invokedAt = performance.now();
    const { reply, hasRetryAfter } = await this.sent(url, method, body, headers);
    const endedAt = performance.now();
    const detail = reply.status === 503 ? String(JSON.parse(reply.text).detail) : "";
    const answer: Answer = { method, status: reply.status, hasRetryAfter, detail, invokedAt, endedAt };
    this.history.answers.push(answer);
    return { reply, invokedAt, endedAt };
  }

  private async sent(url: string, method: string, body: unknown, headers: Record<string, string>) {
    try {
      const response = await fetch(url, {
        method,
        signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const reply = {
        status: response.status,
        etag: response.headers.get("etag"),
        text: await response.text(),
      };
      return { reply, hasRetryAfter: response.headers.has("retry-after") };
    } catch {
      // The instance is alive throughout, so a missing answer is recorded and fails the test.
      return { reply: { status: 0, etag: null, text: "" }, hasRetryAfter: false };
    }
  }
}

function times({ invokedAt, endedAt }: { readonly invokedAt: number; readonly endedAt: number }) {
  return { invokedAt, endedAt };
}

export function versionOf({ status, etag }: Pick<Reply, "status" | "etag">): number | undefined {
  if (status !== 200) return undefined;
  const version = /^"(\d+)\./.exec(etag ?? "")?.[1];
  if (version === undefined) throw new Error(`the ETag ${etag} has no version`);
  return Number(version);
}

function nameOf({ text }: Reply): string {
  return String(JSON.parse(text).name);
}

function outcomeOf({ status, text }: Reply): Outcome {
  if (status === 200) return "ok";
  if (status === 412) return "stale";
  return text.includes("nothing was changed") ? "untouched" : status === 503 ? "unknown" : "lost";
}
