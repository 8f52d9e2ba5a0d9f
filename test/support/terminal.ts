import type { Subprocess } from "bun";

/** A process on a terminal of its own, and what it has shown there. */
export interface Terminal {
  readonly child: Subprocess;
  /** Types it. */
  write(text: string): void;
  /** Waits until the terminal shows it. @returns the first group, or all of the match */
  said(wanted: RegExp): Promise<string>;
  /** Forgets what it has shown so far. */
  forget(): void;
}

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly cols: number;
}

/** Starts a program on a real terminal of 24 rows. */
export function openTerminal(command: readonly string[], { cols, ...options }: TerminalOptions): Terminal {
  let shown = "";
  let look = (): void => undefined;
  const child = Bun.spawn([...command], {
    ...options,
    terminal: {
      cols,
      rows: 24,
      data: (_, bytes) => {
        shown += new TextDecoder().decode(bytes);
        look();
      },
    },
  });
  return {
    child,
    write: (text) => void child.terminal?.write(text),
    async said(wanted) {
      for (;;) {
        const found = wanted.exec(shown);
        if (found) return found[1] ?? found[0];
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      }
    },
    forget() {
      shown = "";
    },
  };
}
