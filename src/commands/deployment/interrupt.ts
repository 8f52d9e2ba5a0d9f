import { Interrupted } from "../../application/deploy/errors.ts";
import type { Interruption } from "../../application/deploy/run.ts";
import { type Context, EXIT_BY_SIGNAL, type StopSignal } from "../support/command.ts";
import { BrokenPipeError, typedLine, writeIfRead } from "../support/output.ts";
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
  /** The question after Ctrl-C, while it is on the terminal; resolves with its end. */
  private question: PromiseWithResolvers<void> | undefined;
  /** Ends the question of the work that is on the terminal, if one is. */
  private endWork: (() => void) | undefined;
  private ending = false;
  private code: number | undefined;

  constructor(
    private readonly context: Pick<Context, "has" | "stdout" | "stderr" | "signals">,
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
    const isStopping = this.ending || this.chosen !== "go on";
    // A terminal that disappears may signal it twice.
    if (isStopping && signal === "SIGHUP") return;
    this.code = EXIT_BY_SIGNAL[signal];
    // Nobody can answer the question on a terminal that is gone.
    const isSecond = this.question !== undefined && signal !== "SIGHUP";
    if (isStopping || isSecond) this.leave(this.code);
    else if (this.endWork) this.endWork();
    else if (signal === "SIGINT" && this.canAnswer) this.ask();
    else this.choose("detach");
  }

  /**
   * Shows nothing else while `ask` waits for an answer; there is one question at a time.
   * @throws Interrupted `leave` on a signal; what the user chose at the question after Ctrl-C
   */
  async atQuestion<T>(ask: () => Promise<T>): Promise<T> {
    while (this.question) await this.question.promise;
    if (this.chosen !== "go on") throw new Interrupted(this.chosen);
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
    this.question = Promise.withResolvers();
    this.display.pause(true);
    writeIfRead(this.context.stderr, QUESTION);
    void this.answer();
  }

  private async answer(): Promise<void> {
    try {
      const answer = await this.answered();
      // A signal may have ended the question first.
      if (this.question === undefined) return;
      if (answer !== "go on") return this.choose(answer);
      this.code = undefined;
      this.endQuestion();
    } catch (error) {
      if (!(error instanceof BrokenPipeError)) throw error;
      // The signal itself may come later than the end of the input.
      this.receive("SIGHUP");
    }
  }

  private async answered(): Promise<ReturnType<Interruption["wish"]>> {
    for (;;) {
      const answer = (await typedLine()).toLowerCase();
      if (/^(?:d|detach)$/.test(answer)) return "detach";
      if (/^(?:r|roll ?back)$/.test(answer)) return "roll back";
      if (/^(?:k|keep(?: going)?|)$/.test(answer)) return "go on";
      writeIfRead(this.context.stderr, QUESTION);
    }
  }

  private endQuestion(): void {
    this.question?.resolve();
    this.question = undefined;
    this.display.pause(false);
  }

  private choose(wish: "detach" | "roll back"): void {
    this.endQuestion();
    this.chosen = wish;
    this.stopping.abort();
  }
}
