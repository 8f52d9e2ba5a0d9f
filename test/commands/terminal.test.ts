import { describe, expect, test } from "bun:test";
import { RawConnection } from "../support/raw.ts";
import { openTerminal } from "../support/terminal.ts";
import { MAIN, scratchFolder } from "./todos-process.ts";

const ESCAPE = "\x1b[";

/** A command's output to its own terminal (by `script` of util-linux), which answers `typed`. */
async function onTerminal(
  words: string,
  env: Readonly<Record<string, string>> = {},
  typed = "",
): Promise<string> {
  const child = Bun.spawn(["script", "-qec", `'${process.execPath}' '${MAIN}' ${words}`, "/dev/null"], {
    env: { PATH: process.env.PATH ?? "", TERM: "xterm", ...env },
    stdin: new Blob([typed]),
    stdout: "pipe",
  });
  return new Response(child.stdout).text();
}

describe.skipIf(Bun.which("script") === null || process.platform !== "linux")(
  "on a terminal (needs script)",
  () => {
    test("results have colours, unless NO_COLOR is set", async () => {
      using folder = scratchFolder();
      const words = `doctor --port 0 --sqlite '${folder.file("a.db")}'`;
      expect(await onTerminal(words)).toContain(ESCAPE);
      expect(await onTerminal(words, { NO_COLOR: "1" })).not.toContain(ESCAPE);
      expect(await onTerminal(words, { TERM: "dumb" })).not.toContain(ESCAPE);
    });

    test("no command sends escape sequences to a terminal, and a pipe gets the text unchanged", async () => {
      const word = "\x1b[2J\u202eevil\u009b";
      const typed = `"$(printf '\\033[2J\\342\\200\\256evil\\302\\233')"`;
      expect(await onTerminal(typed)).toContain("\\u001b[2J\\u202eevil\\u009b");
      const piped = Bun.spawnSync([process.execPath, MAIN, word], { stderr: "pipe" });
      expect(piped.stderr.toString()).toContain(word);
    });

    test("the log is readable for people", async () => {
      expect(await onTerminal("config")).toMatch(/TODOS_LOG_FORMAT +pretty +default/);
    });

    test("Ctrl-C at restore's question exits with 130, and nothing is changed", async () => {
      using folder = scratchFolder();
      const store = `--sqlite '${folder.file("a.db")}'`;
      await onTerminal(`migrate ${store}`);
      await onTerminal(`backup '${folder.file("copy.db")}' ${store}`);
      const words = `'${process.execPath}' '${MAIN}' restore '${folder.file("copy.db")}' ${store}`;
      await using child = Bun.spawn(["script", "-qec", words, "/dev/null"], {
        stdin: "pipe",
        stdout: "pipe",
      });
      let shown = "";
      let stopped = false;
      for await (const chunk of child.stdout) {
        shown += new TextDecoder().decode(chunk);
        if (stopped || !shown.includes("[y/N]")) continue;
        stopped = true;
        child.stdin.write("\x03");
        await child.stdin.flush();
      }
      expect(await child.exited).toBe(130);
      expect(shown).not.toContain("nothing was changed");
    });

    test("Ctrl-C while a request is served: serve says what it waits for and how long; a second one ends it with 130", async () => {
      using folder = scratchFolder();
      const { child, write, said } = openTerminal(
        [process.execPath, MAIN, "--port", "0", "--sqlite", folder.file("a.db")],
        { env: { PATH: process.env.PATH ?? "", TERM: "xterm" }, cols: 80 },
      );
      const url = await said(/next +open (http:\S+)\/,/);
      using connection = await RawConnection.open(url);
      connection.send(
        "POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n",
      );
      const active = /^http_server_active_requests\S* 2$/m;
      while (!active.test(await (await fetch(`${url}/actuator/prometheus`)).text()));
      write("\x03");
      await said(/^Waiting for 1 request, up to 25 s; press Ctrl-C again to stop now\r$/m);
      write("\x03");
      expect(await child.exited).toBe(130);
    });

    test("restore asks before it replaces data, and accepts only a yes", async () => {
      using folder = scratchFolder();
      const store = `--sqlite '${folder.file("a.db")}'`;
      await onTerminal(`migrate ${store}`);
      await onTerminal(`backup '${folder.file("copy.db")}' ${store}`);
      const refused = await onTerminal(`restore '${folder.file("copy.db")}' ${store}`, {}, "n\n");
      expect(refused).toContain("Replace the data in");
      expect(refused).toContain("nothing was changed");
      const agreed = await onTerminal(`restore '${folder.file("copy.db")}' ${store}`, {}, "yes\n");
      expect(agreed).toContain("1 checklist, 0 tasks, verified");
    });
  },
);
