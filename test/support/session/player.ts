import { Client, HAL_FORMS, NDJSON, type Reply } from "../client.ts";
import { type Random, seededRandom } from "../random.ts";

const WORDS = [
  "Milch",
  "Größe",
  "İstanbul",
  "naïve",
  "买牛奶",
  "🛒 cart",
  "שלום",
  "straße",
  "buy",
  "rent",
] as const;
const LABELS = ["home", "Arbeit", "🏷️", "später"] as const;
const DAYS = ["2026-01-31", "2026-02-28", "2026-03-01", "2028-02-29", "2026-12-24"] as const;
const RULES = [
  "FREQ=DAILY",
  "FREQ=WEEKLY;BYDAY=MO,TH",
  "FREQ=MONTHLY;BYMONTHDAY=31",
  "FREQ=DAILY;COUNT=2",
] as const;
const TODAY = "2026-02-10";

/** A row that the session knows: where it is, and the last ETag seen. */
interface Known {
  readonly self: string;
  etag: string;
}

/**
 * Sends one session of mixed requests to a service. What it sends depends only on the seed, and on answers that must be
 * the same on every store; what it returns is each answer without ids, times and the service's own name.
 */
export class Player {
  private readonly client: Client;
  private readonly random: Random;
  private readonly lists: Known[] = [];
  private readonly tasks: Known[] = [];
  private readonly trashed: string[] = [];
  private readonly seen = new Map<string, string>();
  private keys = 0;

  constructor(url: string, seed: number) {
    this.client = new Client(url);
    this.random = seededRandom(seed);
  }

  /** Makes one request, or follows one listing to its end. @returns its answers, normalized */
  async step(): Promise<readonly string[]> {
    const act = this.random.pick(ACTS);
    return (await act(this)).map((line) => this.normalized(line));
  }

  readonly acts = {
    createList: async () => {
      const reply = await this.client.post("/checklists", { name: `${this.word()} ${this.word()}` });
      this.lists.push(known(reply));
      return [said(reply)];
    },
    changeList: async () => {
      const list = this.list();
      const reply = await this.client.patch(list.self, { name: this.word() }, this.condition(list));
      return [this.noted(list, reply)];
    },
    createTask: async () => {
      const key = this.random.below(4) === 0 ? { "idempotency-key": `key-${this.keys++}` } : {};
      const where = this.collection();
      const body = { todo: `${this.word()} ${this.word()}`, ...this.members() };
      const reply = await this.client.post(where, body, key);
      if (reply.status === 201) this.tasks.push(known(reply));
      if (!("idempotency-key" in key)) return [said(reply)];
      const again = await this.client.post(where, body, key);
      const other = await this.client.post(where, { todo: "another" }, key);
      return [said(reply), said(again), said(other)];
    },
    readTask: async () => {
      const task = this.task();
      const reply = await this.client.get(task.self, {
        accept: this.random.pick([HAL_FORMS, "application/json"]),
      });
      return [said(reply)];
    },
    changeTask: async () => {
      const task = this.task();
      return [this.noted(task, await this.client.patch(task.self, this.members(), this.condition(task)))];
    },
    replaceTask: async () => {
      const task = this.task();
      const body = { todo: this.word(), ...this.members() };
      return [this.noted(task, await this.client.put(task.self, body, this.condition(task)))];
    },
    completeTask: async () => {
      const task = this.task();
      const reply = await this.client.patch(task.self, { completed: true }, { "todos-day": TODAY });
      const lines = [this.noted(task, reply)];
      const next = reply.status === 200 ? reply.json()._links.next?.href : undefined;
      if (next === undefined) return lines;
      const made = await this.client.get(next);
      if (made.status === 200) this.tasks.push(known(made));
      return [...lines, said(made)];
    },
    placeTask: async () => {
      const [task, after, before] = [this.task(), this.task(), this.task()];
      const neighbours = { after: this.random.below(3) === 0 ? null : idIn(after), before: idIn(before) };
      return [this.noted(task, await this.client.patch(task.self, { position: neighbours }))];
    },
    moveTask: async () => {
      const task = this.task();
      const reply = await this.client.patch(task.self, { checklist: idIn(this.list()) });
      if (reply.status === 200) {
        this.tasks.splice(this.tasks.indexOf(task), 1);
        this.tasks.push({ self: reply.link("self"), etag: reply.header("etag") });
      }
      return [said(reply), said(await this.client.get(task.self))];
    },
    removeTask: async () => {
      const task = this.task();
      const collection = `/trash?${new URL(task.self).searchParams}`;
      const reply = await this.client.delete(task.self, this.condition(task));
      const lines = [said(reply), said(await this.client.get(task.self))];
      if (reply.status === 204) this.trashed.push(collection);
      return lines;
    },
    removeList: async () => {
      const list = this.list();
      if (this.random.below(3) > 0) return [said(await this.client.get(list.self))];
      const reply = await this.client.delete(list.self);
      return [said(reply), said(await this.client.get(list.self))];
    },
    restore: async () => {
      const where =
        this.trashed.length === 0 || this.random.below(3) === 0 ? "/trash" : this.random.pick(this.trashed);
      const page = await this.client.get(where);
      if (page.status !== 200) return [said(page)];
      const { checklists, tasks } = page.json()._embedded;
      const entry = (checklists ?? tasks)[0];
      if (entry === undefined) return [said(page)];
      const restored = await this.client.post(entry._links.restore?.href ?? "", {});
      if (restored.status === 200 && tasks) this.tasks.push(known(restored));
      if (restored.status === 200 && checklists) this.lists.push(known(restored));
      return [said(page), said(restored)];
    },
    listTasks: async () => {
      const filters = [
        "",
        "completed=false",
        "priority=high",
        "labels=home",
        `dueBefore=2026-03-01`,
        "q=gr",
        "q=istanbul",
      ];
      const where = this.collection();
      const filter = this.random.pick(filters);
      const joined = filter === "" ? where : `${where}${where.includes("?") ? "&" : "?"}${filter}`;
      return this.pages(`${joined}${joined.includes("?") ? "&" : "?"}size=7`);
    },
    streamTasks: async () => [said(await this.client.get(this.collection(), { accept: NDJSON }))],
    agenda: () => this.pages(`/agenda?until=${this.random.pick(DAYS)}&size=9`),
    /** In the store's own order. */
    listLists: async () => (await this.pages("/checklists?size=5", ({ checklists }) => checklists)).sort(),
    search: async () =>
      (await this.pages(`/search?q=${encodeURIComponent(this.word())}`, ({ tasks }) => tasks)).sort(),
    wrong: async () => {
      const bodies = [
        { labels: ["a", "A"] },
        { dueDate: "2026-02-30" },
        { repeat: "FREQ=NEVER" },
        { nope: 1 },
        { position: {} },
      ];
      const task = this.task();
      return [said(await this.client.patch(task.self, this.random.pick(bodies)))];
    },
  };

  /** A listing, page by page; or only its rows, where pages depend on the store. */
  private async pages(
    where: string,
    rowsOf?: (embedded: Record<string, readonly unknown[] | undefined>) => readonly unknown[] | undefined,
  ): Promise<string[]> {
    const lines: string[] = [];
    for (let next: string | undefined = where; next !== undefined; ) {
      const page: Reply = await this.client.get(next);
      if (page.status !== 200) return [...lines, said(page)];
      const json = page.json();
      const rows = rowsOf?.(json._embedded as never);
      lines.push(...(rows ? rows.map((row) => JSON.stringify(row)) : [said(page)]));
      next = json._links.next?.href;
    }
    return lines;
  }

  private members(): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    if (this.random.below(3) === 0) members.priority = this.random.pick(["low", "high", "urgent"]);
    if (this.random.below(3) === 0) members.description = `${this.word()}\n${this.word()}`;
    if (this.random.below(3) === 0) members.labels = [this.random.pick(LABELS), this.random.pick(LABELS)];
    if (this.random.below(2) === 0) members.dueDate = this.random.pick(DAYS);
    if (this.random.below(4) === 0) members.repeat = this.random.pick(RULES);
    if (this.random.below(5) === 0) members.status = this.random.pick(["in_progress", "pending"]);
    return members;
  }

  private condition(row: Known): Record<string, string> {
    const kind = this.random.below(6);
    if (kind === 0) return { "if-match": row.etag };
    return kind === 1 ? { "if-match": '"stale"' } : {};
  }

  private collection(): string {
    const list = this.random.below(4) === 0 ? undefined : this.list();
    return list === undefined ? "/tasks" : `/tasks?checklist=${idIn(list)}`;
  }

  private list(): Known {
    return this.random.pick(this.lists);
  }

  private task(): Known {
    return this.random.pick(this.tasks);
  }

  private word(): string {
    return this.random.pick(WORDS);
  }

  private noted(row: Known, reply: Reply): string {
    const etag = reply.headers.get("etag");
    if (etag !== null) row.etag = etag;
    return said(reply);
  }

  /** At least one list and one task, so that there is something to pick. */
  async start(): Promise<readonly string[]> {
    const lines = await this.acts.createList();
    const first = await this.client.post("/tasks", { todo: "first" });
    this.tasks.push(known(first));
    return [...lines, said(first)].map((line) => this.normalized(line));
  }

  private normalized(line: string): string {
    return line
      .replaceAll(this.client.url, "")
      .replace(/"rank":"[^"]*"/g, '"rank":"RANK"')
      .replace(/([?&]after=)[^&">]+/g, "$1CURSOR")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME")
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        const name = this.seen.get(id) ?? `ID${this.seen.size}`;
        this.seen.set(id, name);
        return name;
      });
  }
}

const ACTS: readonly ((player: Player) => Promise<readonly string[]>)[] = [
  ({ acts }) => acts.createList(),
  ({ acts }) => acts.changeList(),
  ({ acts }) => acts.createTask(),
  ({ acts }) => acts.createTask(),
  ({ acts }) => acts.createTask(),
  ({ acts }) => acts.readTask(),
  ({ acts }) => acts.changeTask(),
  ({ acts }) => acts.changeTask(),
  ({ acts }) => acts.replaceTask(),
  ({ acts }) => acts.completeTask(),
  ({ acts }) => acts.placeTask(),
  ({ acts }) => acts.moveTask(),
  ({ acts }) => acts.removeTask(),
  ({ acts }) => acts.removeList(),
  ({ acts }) => acts.restore(),
  ({ acts }) => acts.listTasks(),
  ({ acts }) => acts.listTasks(),
  ({ acts }) => acts.streamTasks(),
  ({ acts }) => acts.agenda(),
  ({ acts }) => acts.listLists(),
  ({ acts }) => acts.search(),
  ({ acts }) => acts.wrong(),
];

function known(reply: Reply): Known {
  return { self: reply.link("self"), etag: reply.headers.get("etag") ?? "" };
}

function idIn({ self }: Known): string {
  return new URL(self).pathname.split("/").at(-1) ?? "";
}

/** Status, headers that say something, and body. */
function said(reply: Reply): string {
  const headers = [
    "content-type",
    "location",
    "content-location",
    "link",
    "idempotent-replayed",
    "allow",
    "vary",
  ];
  const given = headers.flatMap((name) =>
    reply.headers.has(name) ? [`${name}: ${reply.headers.get(name)}`] : [],
  );
  return [reply.status, ...given, reply.headers.has("etag") ? "etag" : "", reply.text].join("\n");
}
