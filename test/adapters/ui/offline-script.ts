import { effect } from "@preact/signals";
import {
  ActError,
  type ActKind,
  type Clash,
  type TaskRow,
  type Workspace,
} from "../../../src/adapters/ui/workspace/types.ts";
import type { Random } from "../../support/random.ts";
import { Browser, type Hooks, RETRYING_SOON, type Tab } from "./browser.ts";
import type { Deeds } from "./deeds.ts";
import type { Ledger } from "./ledger.ts";
import { until } from "./until.ts";

/** Of edits that each browser makes in one script. */
const EDITS = 10;

const MEMBERS = ["todo", "description", "dueDate"] as const;

/** One of the two that edit the same lists. */
export class Editor {
  readonly browser: Browser;
  private tab: Tab;
  private killsLeft = 0;
  /** How requests fail at the moment. */
  private loss: "none" | "before" | "after" = "none";

  constructor(
    readonly name: string,
    url: string,
    private readonly random: Random,
    private readonly ledger: Ledger,
    private readonly deeds: Deeds,
  ) {
    this.browser = new Browser(url);
    this.tab = this.browser.open(this.hooks());
  }

  get workspace(): Workspace {
    return this.tab.workspace;
  }

  /** From now on the page may be killed at any step, once, and any request may be lost, or its answer. */
  endanger(kills: number): void {
    this.killsLeft = kills;
  }

  async edit(): Promise<void> {
    for (let i = 0; i < EDITS; i++) {
      await this.reopenIfDead();
      if (this.random.below(3) === 0) this.loss = this.random.pick(["none", "before", "after"]);
      await this.act();
    }
  }

  /** Nothing fails any more; everything is decided. */
  async finish(): Promise<void> {
    this.killsLeft = 0;
    this.loss = "none";
    await this.reopenIfDead();
    this.browser.restore();
    this.tab.wake();
    for (;;) {
      const { workspace } = this;
      await until(
        () => workspace.sync.value.kind === "saved" || needsDecision(workspace),
        `${this.name} is in step`,
      );
      if (workspace.sync.value.kind === "saved") return;
      await this.decide();
    }
  }

  close(): Promise<void> {
    return this.workspace.close(false);
  }

  private hooks(): Hooks {
    return {
      ...RETRYING_SOON,
      kills: () => this.killsLeft > 0 && this.random.below(25) === 0 && this.killsLeft-- > 0,
      fetch: async (url, init) => {
        const isLost = this.loss !== "none" && this.random.below(3) === 0;
        if (isLost && this.loss === "before") throw new TypeError("the request was lost");
        const response = await fetch(url, init);
        if (!isLost) return response;
        await response.body?.cancel();
        throw new TypeError("the answer was lost");
      },
    };
  }

  private async reopenIfDead(): Promise<void> {
    if (!this.tab.isDead) return;
    this.tab = this.browser.open(this.hooks());
    const { workspace } = this;
    await Promise.race([
      until(() => workspace.lists.value.length > 0, `${this.name} opens again`),
      this.tab.death,
    ]);
    if (this.tab.isDead) await this.reopenIfDead();
  }

  private async decide(): Promise<void> {
    const { workspace, ledger, random, deeds, name } = this;
    for (const { id, state, key, changes } of workspace.queue.value) {
      if (state === "doubtful") throw new Error("nothing here is a day old");
      // Refused, because the list or the row is gone; or an order that no longer holds.
      if (state !== "stuck") continue;
      ledger.gaveUp(changes);
      deeds.decides(name, key, workspace.task(key).value?.id);
      await workspace.drop(id);
    }
    for (const clash of workspace.clashes.value) {
      deeds.decides(name, clash.key, workspace.task(clash.key).value?.id);
      ledger.decided(clash.members.flatMap(({ mine, theirs, base }) => [mine, theirs, base]));
      if (clash.kind === "changed") await workspace.settle(clash.id, this.choice(clash));
      else await workspace.settle(clash.id, random.pick(["keep", "drop"] as const));
    }
  }

  private choice({ members }: Clash) {
    return Object.fromEntries(
      members.map(({ member }) => [member, this.random.pick(["mine", "theirs"] as const)]),
    );
  }

  /** An act ends when it is durable, or never: with the page. */
  private async act(): Promise<void> {
    const before = this.rows();
    const [row] = before.length === 0 ? [] : [this.random.pick(before)];
    const kind = row ? this.random.pick(KINDS) : "add-task";
    const { workspace, tab } = this;
    const intent = this.intent(kind, row);
    if (!intent) return;
    const takenAway = intent.takesAway && watched(intent.takesAway);
    const done = await Promise.race([
      intent.run(workspace).then(() => true, refusedAsGone),
      tab.death.then(() => false),
    ]);
    const shown = takenAway?.() ?? [];
    // Somebody else was faster.
    if (done === "refused") return;
    // Of an act that died with the page nobody knows what it took back.
    this.ledger.undone(shown, kind === "undo" && done ? this.rows() : []);
    this.ledger.wrote(intent.values, intent.seen, done);
    if (row && (kind === "complete-task" || kind === "move-task" || kind === "undo")) {
      this.note(before, kind === "undo" ? undefined : row.key, done);
    }
  }

  /** What has become of the task that was meant; after an undo, of all. What others did meanwhile is theirs, too. */
  private note(before: readonly TaskRow[], meant: string | undefined, isDurable: boolean): void {
    const { deeds, name: author, workspace } = this;
    for (const { key, id, status, list } of before.filter(
      (row) => meant === undefined || row.key === meant,
    )) {
      if (!isDurable) deeds.decides(author, key, id);
      const row = workspace.task(key).value;
      if (!isDurable || !row) continue;
      const to = workspace.list(row.list).value?.id;
      if (row.status !== status) deeds.did({ author, key, id, member: "status", value: row.status });
      if (row.list !== list) deeds.did({ author, key, id, member: "list", value: to });
    }
  }

  private intent(kind: (typeof KINDS)[number], row: TaskRow | undefined): Intent | undefined {
    const { random, ledger } = this;
    const lists = this.workspace.lists.value.filter(({ isInbox }) => !isInbox);
    if (kind === "add-task" || !row) {
      const todo = ledger.text(this.name);
      const list = random.pick(lists).key;
      return { values: [todo], seen: [], run: ({ acts }) => acts.addTask({ todo }, list) };
    }
    const { key } = row;
    switch (kind) {
      case "change-task": {
        const member = random.pick(MEMBERS);
        const value = member === "dueDate" ? ledger.day() : ledger.text(this.name);
        return {
          values: [value],
          seen: [row[member]],
          run: ({ acts }) => acts.changeTasks([key], { [member]: value }, { [member]: row[member] ?? null }),
        };
      }
      case "label": {
        const label = ledger.text(this.name);
        const gone = row.labels.filter(() => random.below(3) === 0);
        return {
          values: [label],
          seen: gone,
          run: ({ acts }) => acts.labelTasks([key], [label], gone),
        };
      }
      case "complete-task":
        return {
          values: [],
          seen: [],
          run: ({ acts }) => acts.setStatus([key], random.pick(["pending", "in_progress", "completed"])),
        };
      case "move-task": {
        const list = random.pick(lists).key;
        const others = this.workspace.tasksOf(list).value.filter((other) => other.key !== key);
        const at = random.below(others.length + 1);
        const place = { after: others[at - 1]?.key ?? null, before: others[at]?.key ?? null };
        return {
          values: [],
          seen: [],
          run: ({ acts }) => acts.moveTasks([key], { list, ...(random.below(3) > 0 ? { place } : {}) }),
        };
      }
      case "delete-task":
        return {
          values: [],
          seen: [],
          takesAway: () => [this.workspace.task(key).value ?? row],
          run: ({ acts }) => acts.deleteTasks([key]),
        };
      case "undo":
        return {
          values: [],
          seen: [],
          takesAway: () => this.rows(),
          run: (workspace) => workspace.undo().catch(nothingToUndo),
        };
    }
  }

  private rows(): readonly TaskRow[] {
    return this.workspace.lists.value.flatMap(({ key, isInbox }) =>
      isInbox ? [] : this.workspace.tasksOf(key).value,
    );
  }
}

interface Intent {
  /** Each written nowhere else before. */
  readonly values: readonly string[];
  /** What the person saw in their place. */
  readonly seen: readonly unknown[];
  /** Rows of which something goes with it, as the person sees them. */
  readonly takesAway?: () => readonly TaskRow[];
  run(workspace: Workspace): Promise<unknown>;
}

const KINDS = [
  "add-task",
  "change-task",
  "change-task",
  "change-task",
  "label",
  "complete-task",
  "move-task",
  "delete-task",
  "undo",
] as const satisfies readonly (ActKind | "label" | "undo")[];

/** Everything that these rows were from now on. @returns what ends it */
function watched(rows: () => readonly TaskRow[]): () => readonly TaskRow[] {
  const shown: TaskRow[] = [];
  const stop = effect(() => void shown.push(...rows()));
  return () => {
    stop();
    return shown;
  };
}

function refusedAsGone(error: unknown): "refused" {
  if (error instanceof ActError && error.reason === "gone") return "refused";
  throw error;
}

function nothingToUndo(error: unknown): void {
  if (!(error instanceof Error && error.message.startsWith("nothing-to-undo"))) throw error;
}

function needsDecision({ queue, clashes }: Workspace): boolean {
  return (
    clashes.value.length > 0 || queue.value.some(({ state }) => state === "stuck" || state === "doubtful")
  );
}
