import type { Kind } from "./kinds.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting of the program: its sources, how it is read, what it means. */
export interface ConfigOption<T> {
  /** Environment variables; the first one set counts. */
  readonly variables: readonly [string, ...string[]];
  /** Without the dashes. A secret has no flag: every process on the host can read a command line. */
  readonly flag: string;
  readonly kind: Kind<T>;
  /**
   * The value from other variables if neither flag nor variable is given, and the variable it comes
   * from.
   */
  implied?(environment: Environment): { readonly text: string; readonly origin: string } | undefined;
  /** The value if none is given; `terminal` is true where standard output is one. */
  fallback(terminal: boolean): T;
  /** The default in words for documents, where the value alone does not say it. */
  readonly fallbackText?: string;
  /** The default that the container image sets. */
  readonly imageDefault?: string;
  readonly description: string;
  /** Never shown, not even in errors. */
  readonly secret?: boolean;
}

/** Settings that belong together. */
export interface Section<T> {
  /** In the order in which documents show them. */
  readonly options: { readonly [K in keyof T]: ConfigOption<T[K]> };
  /** What applies instead of the values, if some of them decide others. */
  inForce?(values: T): Partial<T>;
  /** Mistakes that only several settings together make; one sentence each. */
  contradictions?(values: T, given: Given): readonly string[];
  /** Harmless oddities; one sentence each. */
  oddities?(values: T, given: Given): readonly string[];
}

/** What was given, and what was read. */
export interface Given {
  /** By setting, the flag or variable that gave it; nothing for defaults. */
  readonly by: ReadonlyMap<string, string>;
  readonly environment: Environment;
  /** Whether the command reads that setting. */
  readonly asks: (key: string) => boolean;
}
