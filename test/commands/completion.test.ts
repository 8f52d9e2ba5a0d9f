import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/commands/support/table.ts";
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
    const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _todos; printf '%s\\n' "\${COMPREPLY[@]}"`;
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
