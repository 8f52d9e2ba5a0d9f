import { Client, HAL_FORMS, type Json, MERGE_PATCH, NDJSON, self } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";

const CALLERS = 16;
/** Tasks each caller makes in one list before it deletes the list. */
const TASKS_PER_LIST = 20;
/** The share of creations with an Idempotency-Key. */
const KEYED_SHARE = 0.1;

export interface Load {
  /** Ends the load. @returns how many answers came @throws if one was not what was due */
  stop(): Promise<number>;
}

/** Typical use by several callers at once: lists are created and deleted, so that there are few rows. */
export function mixedLoad(url: string): Load {
  const caller = new Caller(url);
  const callers = Array.from({ length: CALLERS }, () => caller.callUntilStopped());
  return {
    stop: async () => {
      caller.stopped = true;
      await Promise.all(callers);
      return caller.answers;
    },
  };
}

class Caller {
  stopped = false;
  answers = 0;
  readonly #client: Client;

  constructor(readonly url: string) {
    this.#client = new Client(url);
  }

  async callUntilStopped(): Promise<void> {
    while (!this.stopped) await this.#lifeOfAList();
  }

  async #lifeOfAList(): Promise<void> {
    const list = await this.#client.checklist(`A list ${"x".repeat(100)}`);
    await using events = await EventReader.open(this.url);
    for (let made = 0; made < TASKS_PER_LIST; made++) await this.#lifeOfATask(list);
    await events.nextEvent();
    const tasks = list._links.tasks?.href ?? "";
    await this.#ask(200, "GET", tasks, { accept: NDJSON });
    await this.#ask(200, "GET", `${tasks}&status=completed`, { accept: HAL_FORMS });
    await this.#ask(200, "GET", "/checklists?size=200", { "accept-encoding": "gzip" });
    await this.#ask(200, "GET", "/actuator/prometheus");
    await this.#ask(404, "GET", "/nothing/here");
    await this.#ask(204, "DELETE", self(list));
  }

  async #lifeOfATask(list: Json): Promise<void> {
    const tasks = list._links.tasks?.href ?? "";
    // Answers to keys are kept for a day, so a key for each request would fill the disk.
    const key = Math.random() < KEYED_SHARE ? { "idempotency-key": crypto.randomUUID() } : {};
    const body = { todo: "Soak", description: "y".repeat(500) };
    const created = await this.#ask(201, "POST", tasks, key, body);
    await this.#ask(201, "POST", tasks, key, body);
    const link = created.link("self");
    const etag = { "if-match": created.header("etag"), "content-type": MERGE_PATCH };
    await this.#ask(304, "GET", link, { "if-none-match": created.header("etag") });
    await this.#ask(200, "PATCH", link, etag, { completed: true });
    await this.#ask(412, "PATCH", link, etag, { completed: false });
    await this.#ask(422, "PATCH", link, {}, { todo: "" });
    await this.#ask(200, "PUT", link, {}, { todo: "Soaked" });
    if (Math.random() < 0.5) await this.#ask(204, "DELETE", link);
  }

  async #ask(status: number, method: string, where: string, headers = {}, body?: unknown) {
    const reply = await this.#client.ask(method, where, { headers, body });
    this.answers++;
    if (reply.status !== status) throw new Error(`${method} ${where}: ${reply.status}, not ${status}`);
    return reply;
  }
}
