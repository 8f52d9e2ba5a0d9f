/** A second process that outlives this one just long enough to take the nodes along. */
export interface Watchdog {
  /** Kills what still runs and removes the folder; resolves when that is done. */
  finish(): Promise<void>;
}

/**
 * Its standard input is a pipe held by this process: however this one ends, kill -9 included, the pipe
 * closes, and every process whose id stands in `FOLDER/*\/pid` is killed and the folder removed.
 */
const SCRIPT = `
trap '' INT TERM HUP
cat >/dev/null
for file in "$1"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
for try in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && break; sleep 0.2; done
`;

export function watchOver(folder: string): Watchdog {
  const child = Bun.spawn(["sh", "-c", SCRIPT, "cassandra-watchdog", folder], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
  });
  child.unref();
  return {
    async finish() {
      child.stdin.end();
      await child.exited;
    },
  };
}
