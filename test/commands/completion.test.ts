import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { COMMANDS } from "../../src/commands/support/table.ts";
import { openTerminal } from "../support/terminal.ts";
import { scratchFolder, todos } from "./todos-process.ts";

async function shell(program: string, script: string, cwd?: string): Promise<string> {
  const child = Bun.spawn([program, "-c", script], {
    env: { PATH: process.env.PATH ?? "" },
    stdout: "pipe",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0 || err !== "") throw new Error(`${program} ended with ${code}: ${err}`);
  return out.trim();
}

describe("bash", () => {
  /** What bash offers for a line, its last word being the one to complete. */
  async function offered(words: readonly string[], cwd?: string): Promise<string[]> {
    const { stdout } = await todos(["completion", "bash"]);
    const quoted = words.map((word) => `'${word}'`).join(" ");
    // As with a COMP_WORDBREAKS that has neither = nor :, so that nothing is taken apart.
    const line = `COMP_WORDBREAKS=' '; COMP_LINE='${words.join(" ")}'; COMP_POINT=\${#COMP_LINE}`;
    const ask = `${line}; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _todos; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await shell("bash", `${stdout}\n${ask}`, cwd)).split("\n");
  }

  test("the script is valid bash", async () => {
    const { code, stdout } = await todos(["completion", "bash"]);
    expect(code).toBe(0);
    using folder = scratchFolder();
    await Bun.write(folder.file("todos.bash"), stdout);
    await shell("bash", `bash -n '${folder.file("todos.bash")}'`);
  });

  test("offers every command, and those that start with what is typed", async () => {
    expect((await offered(["todos", ""])).sort()).toEqual(
      [...COMMANDS.map(({ name }) => name), "help"].sort(),
    );
    expect(await offered(["todos", "co"])).toEqual(["copy", "connect", "config", "completion"]);
  });

  test("offers flags of the command, and of serve if none is named", async () => {
    expect(await offered(["todos", "backup", "--f"])).toEqual(["--force"]);
    expect(await offered(["todos", "--log"])).toEqual(["--log-level", "--log-format"]);
  });

  test("offers values after = too, for a switch as well", async () => {
    expect(await offered(["todos", "--log-format=p"])).toEqual(["--log-format=pretty"]);
    expect(await offered(["todos", "--read-only="])).toEqual(["--read-only=true", "--read-only=false"]);
    expect(await offered(["todos", "backup", "--force="])).toEqual([""]);
    expect(await offered(["todos", "copy", "--from="])).toEqual(["--from=sqlite:", "--from=cassandra:"]);
  });

  test("offers values of a flag, words of an argument, and files", async () => {
    expect(await offered(["todos", "--log-format", ""])).toEqual(["json", "pretty"]);
    expect(await offered(["todos", "completion", ""])).toEqual(["bash", "zsh", "fish"]);
    using folder = scratchFolder();
    await Bun.write(folder.file("nightly.db"), "");
    expect(await offered(["todos", "restore", "nig"], folder.path)).toEqual(["nightly.db"]);
    expect(await offered(["todos", "--sqlite", "nig"], folder.path)).toEqual(["nightly.db"]);
  });
});

describe.each(["zsh", "fish"])("%s", (name) => {
  test("the script names every command and flag", async () => {
    const { code, stdout } = await todos(["completion", name]);
    expect(code).toBe(0);
    for (const each of COMMANDS) expect(stdout).toContain(each.name);
    for (const flag of ["drain-timeout-ms", "insecure", "dry-run"]) expect(stdout).toContain(flag);
  });

  test.skipIf(Bun.which(name) === null)(`the script is valid ${name} (needs ${name})`, async () => {
    const { stdout } = await todos(["completion", name]);
    using folder = scratchFolder();
    await Bun.write(folder.file("script"), stdout);
    await shell(name, `${name} -n '${folder.file("script")}'`);
  });
});

/** How each shell is started without anyone's settings, and takes the script. */
const SHELLS = {
  bash: ["bash --norc --noprofile -i", "source ./script"],
  zsh: ["zsh -f -i", "autoload -Uz compinit; compinit -u -D; source ./script"],
  fish: ["fish --no-config -i", "source ./script"],
} as const;

describe.each(["bash", "zsh", "fish"] as const)("%s on a terminal", (name) => {
  /** What the shell hands to todos, after Tab at the end of each of the lines. */
  async function completed(lines: readonly string[], cwd: string): Promise<string[]> {
    const [command, load] = SHELLS[name];
    const { child, write, said, forget } = openTerminal(command.split(" "), {
      cwd,
      env: { PATH: `${cwd}:${process.env.PATH}`, TERM: "dumb", HOME: cwd, PS1: "> " },
      cols: 200,
    });
    write(`${load}\necho load''ed\n`);
    await said(/loaded/);
    const handed: string[] = [];
    for (const line of lines) {
      forget();
      write(`${line}\t\n`);
      handed.push(await said(/got((?:<[^>]*>)+)\r/));
    }
    child.kill("SIGKILL");
    return handed;
  }

  test.skipIf(Bun.which(name) === null)(`completes after = and after sqlite: (needs ${name})`, async () => {
    using folder = scratchFolder();
    await Bun.write(folder.file("script"), (await todos(["completion", name])).stdout);
    await Bun.write(folder.file("nightly.db"), "");
    await Bun.write(folder.file("todos"), `#!/bin/sh\nprintf got; printf '<%s>' "$@"; echo\n`);
    chmodSync(folder.file("todos"), 0o755);
    const lines = {
      "todos --log-format=p": "<--log-format=pretty>",
      "todos --read-only=t": "<--read-only=true>",
      "todos --sqlite=ni": "<--sqlite=nightly.db>",
      "todos copy --from sqlite:ni": "<copy><--from><sqlite:nightly.db>",
      "todos copy --from=sqlite:ni": "<copy><--from=sqlite:nightly.db>",
      "todos copy --from cassandra: --to sq": "<copy><--from><cassandra:><--to><sqlite:>",
    };
    expect(await completed(Object.keys(lines), folder.path)).toEqual(Object.values(lines));
  });
});
