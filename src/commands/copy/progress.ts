import type { RowCount } from "../../application/copy/ports.ts";
import type { CopyStep } from "../../application/copy.ts";
import { grouped } from "../../lib/words.ts";
import type { Context, Output } from "../support/command.ts";
import { writeIfRead } from "../support/output.ts";

/** How often progress is shown, ms. */
const ON_TERMINAL_EVERY_MS = 200;
const AS_JSON_EVERY_MS = 1_000;
const AS_LINES_EVERY_MS = 5_000;
/** The rate covers this many recent samples: existing rows pass much faster. */
const LOOKS_KEPT = 20;
const CLEAR_LINE = "\r\x1b[K";
const SECOND_MS = 1_000;

/** One line of `--json`. Rates are rows a second, times seconds. */
export interface ProgressEvent {
  readonly event: "progress";
  readonly step: CopyStep["step"];
  readonly round: number;
  /** Checklists and tasks of the source compared so far. */
  readonly rows: number;
  readonly total?: number;
  readonly written?: number;
  readonly removed?: number;
  readonly rate: number;
  readonly secondsLeft?: number;
}

/**
 * Shows how far a copy is: one line that changes on a terminal, a line now and then elsewhere. The copy continues
 * even if nobody watches any more.
 */
export class Progress implements Disposable {
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly looks: { readonly rows: number; readonly at: number }[] = [];
  private current: CopyStep | undefined;
  private total: number | undefined;

  constructor(private readonly context: Pick<Context, "has" | "stdout" | "stderr">) {
    this.timer = setInterval(() => this.show(), this.everyMs());
  }

  /** Sets the approximate total once it is known. */
  expect(count: RowCount | undefined): void {
    this.total = count && count.checklists + count.tasks;
  }

  step(step: CopyStep): void {
    this.current = step;
    this.looks.splice(0, this.looks.length, { rows: 0, at: performance.now() });
    if (this.context.has("json") || this.context.stderr.isTerminal) return;
    this.line(`${step.step}${step.round > 1 ? `, once more (${step.round})` : ""}`);
  }

  /** Reports something on a separate line. */
  line(text: string): void {
    const { has, stderr } = this.context;
    if (has("json")) return;
    this.write(stderr, `${stderr.isTerminal ? CLEAR_LINE : ""}${text}\n`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    const { has, stderr } = this.context;
    if (!has("json") && stderr.isTerminal) this.write(stderr, CLEAR_LINE);
  }

  private everyMs(): number {
    if (this.context.has("json")) return AS_JSON_EVERY_MS;
    return this.context.stderr.isTerminal ? ON_TERMINAL_EVERY_MS : AS_LINES_EVERY_MS;
  }

  private write(output: Output, text: string): void {
    if (!writeIfRead(output, text)) clearInterval(this.timer);
  }

  private show(): void {
    if (!this.current) return;
    const { has, stdout, stderr } = this.context;
    const event = this.look(this.current);
    if (has("json")) this.write(stdout, `${JSON.stringify(event)}\n`);
    else this.write(stderr, stderr.isTerminal ? `${CLEAR_LINE}${sentence(event)}` : `${sentence(event)}\n`);
  }

  private look({ step, round, tally }: CopyStep): ProgressEvent {
    const rows = tally.checklists + tally.tasks;
    this.looks.push({ rows, at: performance.now() });
    if (this.looks.length > LOOKS_KEPT) this.looks.shift();
    const rate = this.rate();
    // More may have been added since the count.
    const total = this.total === undefined ? undefined : Math.max(rows, this.total);
    return {
      event: "progress",
      step,
      round,
      rows,
      ...("written" in tally ? { written: tally.written, removed: tally.removed } : {}),
      rate,
      ...(total === undefined ? {} : { total }),
      ...(total === undefined || rate === 0 ? {} : { secondsLeft: Math.ceil((total - rows) / rate) }),
    };
  }

  private rate(): number {
    const [first, last] = [this.looks.at(0), this.looks.at(-1)];
    if (!first || !last || last.at === first.at) return 0;
    return Math.round(((last.rows - first.rows) * SECOND_MS) / (last.at - first.at));
  }
}

function sentence(event: ProgressEvent): string {
  const { step, rows, total, written = 0, removed = 0, rate, secondsLeft } = event;
  const share = total ? ` of ${grouped(total)} rows (${Math.floor((rows / total) * 100)} %)` : " rows";
  const changed = step === "copying" ? `, ${grouped(written)} written, ${grouped(removed)} removed` : "";
  const left = secondsLeft === undefined ? "" : `, ${duration(secondsLeft)} left`;
  return `${step}: ${grouped(rows)}${share}${changed}, ${grouped(rate)}/s${left}`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
