import type { DeployEvent, Reporter } from "../../application/deploy/events.ts";
import { harmless } from "../../lib/terminal.ts";
import type { Context, Output } from "../support/command.ts";
import { writeIfRead } from "../support/output.ts";
import { wrapped } from "../support/wrap.ts";
import { isSameFailure, repeatedFailureLines, type TaskFailure } from "./failure-lines.ts";
import type { Line, Mood } from "./line.ts";
import { duration, exportText, linesOf, megabytes } from "./lines.ts";

const EVERY_MS = 250;
/** If a terminal does not report its width. */
const COLUMNS_DEFAULT = 80;
const CLEAR_LINE = "\r\x1b[K";
const COLOURS: Readonly<Record<Mood, string>> = {
  good: "\x1b[32m",
  bad: "\x1b[31m",
  warn: "\x1b[33m",
  plain: "",
  title: "\x1b[1m",
};
const RESET = "\x1b[0m";

/** Shows what happens: lines on standard error, and on a terminal one more that moves; with `--json` events on standard output. */
export class Display implements Reporter, Disposable {
  private readonly stderr: Output;
  private readonly json: boolean;
  private readonly timer: ReturnType<typeof setInterval> | undefined;
  private readonly working = new Map<string, number>();
  private readonly startedAt = performance.now();
  private title = "";
  private usualMs: number | undefined;
  private stackAt = 0;
  private push: Extract<DeployEvent, { event: "push" }> | undefined;
  private failure: TaskFailure | undefined;
  private quiet = false;

  constructor(private readonly context: Pick<Context, "has" | "stdout" | "stderr">) {
    this.stderr = context.stderr;
    this.json = context.has("json");
    if (!this.json && this.stderr.isTerminal) this.timer = setInterval(() => this.move(), EVERY_MS);
  }

  report(event: DeployEvent): void {
    if (this.json) write(this.context.stdout, `${JSON.stringify(event)}\n`);
    else this.show(event);
  }

  private show(event: DeployEvent): void {
    this.note(event);
    const lines = this.linesOf(event);
    if (lines.length === 0) return;
    const clear = this.stderr.isTerminal ? CLEAR_LINE : "";
    write(this.stderr, `${clear}${lines.map((line) => `${this.coloured(line)}\n`).join("")}`);
  }

  /** Nothing moves while the user types an answer. */
  pause(isQuiet: boolean): void {
    this.quiet = isQuiet;
    if (isQuiet) this.clear();
  }

  /** Clears the moving line for the next output on the terminal. */
  clear(): void {
    if (this.stderr.isTerminal) write(this.stderr, CLEAR_LINE);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    if (this.timer !== undefined) this.clear();
  }

  private note(event: DeployEvent): void {
    if (event.event === "step") {
      this.working.clear();
      this.push = undefined;
      this.title = event.step;
      this.usualMs = undefined;
    }
    if (event.event === "stack") {
      this.title = event.stack;
      this.usualMs = event.usualMs;
      this.stackAt = performance.now();
      this.working.clear();
    }
    if (event.event === "push") this.push = event;
    if (event.event === "export") this.title = exportText(event);
    if (event.event === "task") this.title = `${event.purpose}: ${event.text}`;
    if (event.event !== "resource") return;
    if (event.status.endsWith("_IN_PROGRESS")) this.working.set(event.logicalId, performance.now());
    else this.working.delete(event.logicalId);
  }

  /** Tasks of one deployment usually fail for one reason, which is reported once. */
  private linesOf(event: DeployEvent): readonly Line[] {
    if (event.event !== "task-failed") return linesOf(event);
    const isRepeated = this.failure !== undefined && isSameFailure(this.failure, event);
    this.failure = event;
    return isRepeated ? repeatedFailureLines(event) : linesOf(event);
  }

  private coloured(line: Line): string {
    const text = this.stderr.isTerminal
      ? wrapped(harmless(line.text), this.columns)
      : wrapped(line.text, undefined);
    const colour = this.stderr.colors ? COLOURS[line.mood] : "";
    return colour === "" ? text : `${colour}${text}${RESET}`;
  }

  private get columns(): number {
    return this.stderr.columns ?? COLUMNS_DEFAULT;
  }

  private move(): void {
    if (this.quiet || this.title === "") return;
    write(this.stderr, `${CLEAR_LINE}${harmless(this.movingLine()).slice(0, this.columns - 1)}`);
  }

  private movingLine(): string {
    const total = duration(performance.now() - this.startedAt);
    if (this.push && this.push.bytesDone < this.push.bytesTotal) {
      return `  ${total}  sending ${megabytes(this.push.bytesDone)} of ${megabytes(this.push.bytesTotal)}`;
    }
    const expected =
      this.usualMs === undefined
        ? ""
        : `, ${duration(performance.now() - this.stackAt)} of about ${duration(this.usualMs)}`;
    const names = [...this.working.keys()];
    return `  ${total}  ${this.title}${expected}${names.length > 0 ? `: ${names.join(", ")}` : ""}`;
  }
}

/** A closed terminal does not end anything: SIGHUP stops the work, which still has its lease to release. */
function write(output: Output, text: string): void {
  if (output.isTerminal) writeIfRead(output, text);
  else output.write(text);
}
