import { Interrupted } from "../../application/deploy/errors.ts";
import type { Interruption } from "../../application/deploy/run.ts";
import { type Context, EXIT_BY_SIGNAL, type StopSignal } from "../support/command.ts";
import { tellUndone } from "../support/result.ts";
import type { Display } from "./display.ts";

const QUESTION =
  "\nA deploy is in progress. [d]etach (AWS continues, todos deploy picks it up again), [r]oll back or [k]eep going? ";
const LEAVING = "\nleft; AWS continues its work: todos status shows it, todos deploy picks it up again";

/**
 * Ctrl-C asks what to do; a second one exits at once. At a question of the work, Ctrl-C is the answer: nothing
 * more is done. Without a terminal, as on a build server, the first one detaches.
 */
export class TerminalInterruption implements Interruption, Disposable {
  private readonly stopping = new AbortController();
  private readonly gone = Promise.withResolvers<number>();
  private readonly release: () => void;
  private chosen: ReturnType<Interruption["wish"]> = "go on";
  private asking = false;
  /** Ends the question of the work that is on the terminal, if one is. */
  private endWork: (() => void) | undefined;
  private ending = false;
  private code: number | undefined;

  constructor(
    private readonly context: Context,
    private readonly display: Display,
    private readonly canAnswer: boolean,
    private readonly leaving: string = LEAVING,
  ) {
    this.release = context.signals.on((signal) => this.receive(signal));
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Resolves with the exit code when the program must end at once. */
  get left(): Promise<number> {
    return this.gone.promise;
  }

  /** The exit code if a signal has stopped the work; undefined if none has. */
  get exitCode(): number | undefined {
    return this.code;
  }

  wish(): ReturnType<Interruption["wish"]> {
    return this.chosen;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  private receive(signal: StopSignal): void {
    const isSecond = this.asking || this.ending || this.chosen !== "go on";
    // A terminal that disappears may signal it twice.
    if (isSecond && signal === "SIGHUP") return;
    this.code = EXIT_BY_SIGNAL[signal];
    if (isSecond) this.leave(this.code);
    else if (this.endWork) this.endWork();
    else if (signal === "SIGINT" && this.canAnswer) this.ask();
    else this.choose("detach");
  }

  /** Shows nothing else while `ask` waits for an answer. @throws Interrupted `leave` on a signal */
  async atQuestion<T>(ask: () => Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<never>();
    this.endWork = () => {
      this.ending = true;
      ended.reject(new Interrupted("leave"));
    };
    this.display.pause(true);
    try {
      return await Promise.race([ask(), ended.promise]);
    } finally {
      this.endWork = undefined;
      this.display.pause(false);
    }
  }

  private leave(code: number): void {
    tellUndone(this.context, "stopped", this.leaving);
    this.gone.resolve(code);
  }

  private ask(): void {
    this.asking = true;
    this.display.pause(true);
    this.context.stderr.write(QUESTION);
    void this.answer();
  }

  /** Read while the work continues. */
  private async answer(): Promise<void> {
    for await (const line of console) {
      const answer = line.trim().toLowerCase();
      if (/^(?:d|detach)$/.test(answer)) return this.choose("detach");
      if (/^(?:r|roll ?back)$/.test(answer)) return this.choose("roll back");
      if (/^(?:k|keep(?: going)?|)$/.test(answer)) return this.goOn();
      this.context.stderr.write(QUESTION);
    }
    this.goOn();
  }

  private goOn(): void {
    this.code = undefined;
    this.endQuestion();
  }

  private endQuestion(): void {
    this.asking = false;
    this.display.pause(false);
  }

  private choose(wish: "detach" | "roll back"): void {
    this.endQuestion();
    this.chosen = wish;
    this.stopping.abort();
  }
}
