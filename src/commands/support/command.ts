import type { Config, ConfigKey, Configuration, Provenance } from "../../config.ts";

/** An option of one command, in addition to the program's settings that it takes as flags. */
export interface CommandOption {
  /** Without the dashes. */
  readonly name: string;
  readonly description: string;
  /** Placeholder for the value in help; an option without one is a switch. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
}

/** The switch that every command with a result has. @param what it prints, as in "print the result as JSON" */
export function jsonOption(what: string): CommandOption {
  return { name: "json", description: `print ${what} as JSON, one object per line` };
}

export interface CommandArgument {
  /** As help shows it: `FILE`, `URL`. */
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
}

export interface Example {
  readonly line: string;
  readonly does: string;
}

/** What a module in `src/commands/` exports as `command`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs for its help page. */
  readonly details?: string;
  readonly arguments: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  /** Settings that it reads, and takes as flags; only these are checked before it runs. */
  readonly settings: "all" | readonly ConfigKey[];
  /** True if it works with a faulty configuration, because it shows the mistakes. */
  readonly toleratesMistakes?: boolean;
  readonly examples: readonly Example[];
  /** @returns the exit code: 0 done, 1 failed. @throws UsageError, CommandError for what a user can fix */
  run(context: Context): Promise<number>;
}

/** A command as the overview shows it; its module is loaded only when it is run or asked for help. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** What a command must work with. */
export interface Context {
  /** Arguments in their order, without flags. */
  readonly args: readonly string[];
  /** Whether a switch of the command's own was given. */
  has(option: string): boolean;
  /** The value given for an option of the command's own. */
  value(option: string): string | undefined;
  readonly config: Config;
  readonly provenance: readonly Provenance[];
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
  readonly configuration: Configuration;
  /** Every command, including itself. */
  readonly commands: readonly CommandEntry[];
  /** Data. */
  readonly stdout: Output;
  /** Progress and errors. */
  readonly stderr: Output;
  readonly signals: Signals;
  /** Asks on the terminal. `undefined`: there is no terminal. */
  ask(question: string): Promise<Choice | undefined>;
}

export type Choice = "yes" | "no";

export interface Output {
  /** @throws BrokenPipeError if the reader is gone */
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Whether to use colours. */
  readonly colors: boolean;
  /** The terminal's current width; undefined if there is none. */
  readonly columns?: number | undefined;
}

/** SIGHUP comes when the terminal is gone, SIGQUIT by Ctrl-\. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT";

export interface Signals {
  /**
   * From now on `handler` gets every stop signal, instead of the program ending at once with its exit code.
   * @returns what removes the handler
   */
  on(handler: (signal: StopSignal) => void): () => void;
}

/** What `todos` alone runs. */
export const DEFAULT_COMMAND = "serve";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** If a signal ended the work before it was done: 128 plus the signal's number, as in a shell. */
export const EXIT_BY_SIGNAL: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGTERM: 143,
};

/** The command line can't be run. `message` may have several lines, one mistake each; `advice` says what to type. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(
    message: string,
    readonly advice?: string,
  ) {
    super(message);
  }
}

/** A command could not do its work, for a reason that the user can fix. `advice` says what to do next. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** For programs. */
  readonly code: string;

  constructor(
    message: string,
    readonly advice?: string,
    { cause, code = "failed" }: { readonly cause?: unknown; readonly code?: string } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
