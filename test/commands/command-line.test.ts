import { describe, expect, test } from "bun:test";
import { commandHelp, overview } from "../../src/commands/support/help.ts";
import { COMMANDS } from "../../src/commands/support/table.ts";
import { CONFIG_KEYS, CONFIG_OPTIONS } from "../../src/config/options.ts";
import { scratchFolder, todos } from "./todos-process.ts";

const NAME_CHARS_MAX = Math.max(...COMMANDS.map(({ name }) => name.length));

describe("help", () => {
  test("todos --help, -h and help name every command on standard output and exit with 0", async () => {
    for (const words of [["--help"], ["-h"], ["help"]]) {
      const { code, stdout, stderr } = await todos(words);
      expect([code, stderr]).toEqual([0, ""]);
      for (const { name, summary } of COMMANDS)
        expect(stdout).toContain(`  ${name.padEnd(NAME_CHARS_MAX)}  ${summary}`);
    }
  });

  test.each(COMMANDS.map(({ name }) => name))(
    "%s: the table has its name and summary, and its help has examples",
    async (name) => {
      const entry = COMMANDS.find((each) => each.name === name);
      const loaded = await entry?.load();
      expect(loaded?.command).toMatchObject({ name, summary: entry?.summary ?? "" });
      expect(loaded?.command.examples.length).toBeGreaterThan(0);
    },
  );

  test("todos X --help and todos help X print the same page", async () => {
    const [flag, word] = await Promise.all([todos(["backup", "--help"]), todos(["help", "backup"])]);
    expect(flag.stdout).toBe(word.stdout);
    expect(flag.stdout).toContain("Usage: todos backup FILE [flags]");
    expect(flag.stdout).toContain("Examples:");
  });

  test("serve's page names every setting by flag, variable and default, in lines of at most 100 characters", async () => {
    const { stdout } = await todos(["help", "serve"]);
    for (const key of CONFIG_KEYS) {
      const { flag, secret } = CONFIG_OPTIONS[key];
      expect(stdout.includes(`--${flag} `) || stdout.includes(`--${flag}[`)).toBe(!secret);
      for (const variable of CONFIG_OPTIONS[key].variables) expect(stdout).toContain(variable);
    }
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test.each(COMMANDS)("$name: its help fits a terminal of 80 and one of 50 columns", async (entry) => {
    const { command } = await entry.load();
    for (const columns of [50, 80]) {
      const rows = [...commandHelp(command, columns).split("\n"), ...overview(COMMANDS, columns).split("\n")];
      // The line of an example stays one, so that it can be copied.
      const examples = command.examples.map(({ line }) => `  ${line}`);
      expect(rows.filter((row) => row.length > columns && !examples.includes(row))).toEqual([]);
    }
  });

  test("help takes precedence over other mistakes on the line", async () => {
    expect((await todos(["backup", "--nonsense", "--help"])).code).toBe(0);
  });
});

describe("wrong usage exits with 2, says what was meant and what to type", () => {
  test.each([
    [["backpu"], 'unknown command "backpu"; did you mean backup?', "See: todos --help"],
    [["hlep"], 'unknown command "hlep"; did you mean help?', "See: todos --help"],
    [["xyzzy"], 'unknown command "xyzzy"\n', "See: todos --help"],
    [["config", "--josn"], "unknown flag --josn; did you mean --json?", "See: todos config --help"],
    [["--prot", "1"], "unknown flag --prot; did you mean --port?", "See: todos serve --help"],
    [["config", "--port"], "--port needs a value: --port PORT", "See: todos config --help"],
    [["config", "--port", "--json"], "--port needs a value", "See: todos config --help"],
    [["config", "--json=yes"], "--json takes no value", "See: todos config --help"],
    [["config", "--port", "1", "--port", "2"], "--port is given more than once", "See: todos config --help"],
    [["backup"], "FILE is missing", "See: todos backup --help"],
    [["version", "now"], 'unexpected argument "now"', "See: todos version --help"],
    [["completion", "basch"], "did you mean bash?", "See: todos completion --help"],
    [["--port", "1", "config"], "the command comes first", "See: todos serve --help"],
    [["smoke", "localhost"], "absolute http or https URL", ""],
    [["healthcheck", "--port", "0"], "service's port is unknown", "todos healthcheck --port PORT"],
  ])("todos %p", async (words, said, next) => {
    const { code, stdout, stderr } = await todos(words);
    expect(code).toBe(2);
    if (!words.includes("--json")) expect(stdout).toBe("");
    expect(stderr).toStartWith("todos: ");
    expect(stderr).toContain(said);
    expect(stderr).toContain(next);
  });

  test("an unknown flag takes the value of the flag that was meant, and nothing else", async () => {
    const prot = await todos(["--prot", "1"]);
    expect(prot.stderr).toBe("todos: unknown flag --prot; did you mean --port?\n  See: todos serve --help\n");
    expect((await todos(["--versoin"])).stderr).toContain("did you mean --version?");
    expect((await todos(["--x"])).stderr).not.toContain("did you mean");
  });

  test.each([
    [["status", "--json", "--nonsense"], "unknown flag --nonsense", "See: todos status --help"],
    [["stauts", "--json"], 'unknown command "stauts"; did you mean status?', "See: todos --help"],
    [["status", "--json"], "no AWS region is set", "use --region or set AWS_REGION"],
    [["smoke", "nothing", "--json"], 'URL is "nothing"; it must be an absolute http or https URL', undefined],
  ])("todos %p: a program is told the same on standard output, and 2", async (words, message, advice) => {
    const { code, stdout, stderr } = await todos(words);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      event: "failed",
      code: "usage",
      message: expect.stringContaining(message),
      ...(advice === undefined ? {} : { advice }),
    });
    expect(stderr).toContain(message);
  });

  test("all mistakes of a command line and of the configuration at once", async () => {
    const env = { TODOS_LOG_LEVEL: "loud", TODOS_PORT: "x" };
    const { code, stderr } = await todos(["config", "--nope", "--host", "a b"], { env });
    expect(code).toBe(2);
    for (const part of ["--nope", '--host is "a b"', 'TODOS_PORT is "x"', 'TODOS_LOG_LEVEL is "loud"']) {
      expect(stderr).toContain(part);
    }
  });

  test("backup of SQLite if the data is in Cassandra → one clear sentence, nothing created", async () => {
    using folder = scratchFolder();
    const env = { CASSANDRA_ENDPOINTS: "10.0.0.1", TODOS_SQLITE_PATH: folder.file("a.db") };
    const { code, stderr } = await todos(["backup", folder.file("copy.db")], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("CASSANDRA_ENDPOINTS says that the data is in Cassandra");
    expect(stderr).toContain("--sqlite");
    expect(await Bun.file(folder.file("a.db")).exists()).toBe(false);
  });
});

describe("config", () => {
  test("shows every setting, its value and its source", async () => {
    const env = { PORT: "9000", TODOS_CORS_ORIGINS: "https://a.example,https://b.example" };
    const { code, stdout } = await todos(["config", "--host", "::1"], { env });
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split("\n");
    expect(rows).toHaveLength(CONFIG_KEYS.length);
    const words = rows.map((row) => row.split(/ {2,}/));
    expect(words[0]).toEqual(["TODOS_HOST", "::1", "--host"]);
    expect(words[1]).toEqual(["TODOS_PORT", "9000", "PORT"]);
    expect(words).toContainEqual([
      "TODOS_CORS_ORIGINS",
      "https://a.example, https://b.example",
      "TODOS_CORS_ORIGINS",
    ]);
  });

  test("--json: one object per line; an unknown variable is reported on standard error", async () => {
    const { code, stdout, stderr } = await todos(["config", "--json"], { env: { TODOS_PROT: "1" } });
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows[1]).toEqual({ setting: "TODOS_PORT", value: 8181, source: "default", origin: "default" });
    expect(stderr).toContain("did you mean TODOS_PORT?");
  });

  test("shows the values in force, numbers and booleans as such, and tells unset from the value none", async () => {
    const shown = async (env: Record<string, string>) => {
      const lines = (await todos(["config", "--json"], { env })).stdout.trimEnd().split("\n");
      return new Map(lines.map((line) => JSON.parse(line)).map(({ setting, value }) => [setting, value]));
    };
    const inForce = async (env: Record<string, string>) => {
      const settings = await shown(env);
      return ["PORT", "SSL", "AUTH"].map((name) => settings.get(`CASSANDRA_${name}`));
    };
    const nodes = { CASSANDRA_ENDPOINTS: "node.example" };
    const login = { CASSANDRA_USERNAME: "u", CASSANDRA_PASSWORD: "p" };
    const keyspaces = { CASSANDRA_ENDPOINTS: "keyspaces", AWS_REGION: "eu-west-1" };
    expect(await inForce({})).toEqual([null, false, null]);
    expect(await inForce(nodes)).toEqual([9042, false, "none"]);
    expect(await inForce({ ...nodes, ...login })).toEqual([9042, false, "password"]);
    expect(await inForce({ ...nodes, CASSANDRA_SSL: "true" })).toEqual([9142, true, "none"]);
    expect(await inForce({ ...nodes, CASSANDRA_PORT: "9999" })).toEqual([9999, false, "none"]);
    expect(await inForce(keyspaces)).toEqual([9142, true, "sigv4"]);
    expect(await inForce({ ...keyspaces, ...login })).toEqual([9142, true, "password"]);
    const name = async (env: Record<string, string>) => (await shown(env)).get("CASSANDRA_SSL_SERVER_NAME");
    expect(await name(nodes)).toBeNull();
    expect(await name({ ...nodes, CASSANDRA_SSL: "true" })).toBe("node.example");
    expect(await name(keyspaces)).toBe("cassandra.eu-west-1.amazonaws.com");
    expect(await name({ ...keyspaces, CASSANDRA_SSL_SERVER_NAME: "db.example" })).toBe("db.example");
    expect((await shown({ ...nodes, ...login })).get("CASSANDRA_PASSWORD")).toBe("(hidden)");
    const { stdout } = await todos(["config"], { env: nodes });
    expect(stdout).toMatch(/^CASSANDRA_AUTH +none +default$/m);
    expect(stdout).toMatch(/^CASSANDRA_USERNAME +\(not set\) +default$/m);
  });

  test("a reader that leaves early is not a failure", async () => {
    const main = `${import.meta.dir}/../../src/main.ts`;
    const pipe = Bun.spawn(
      ["bash", "-c", `"$0" "$1" completion bash | true; echo "\${PIPESTATUS[0]}"`, process.execPath, main],
      {
        env: { PATH: process.env.PATH ?? "" },
        stderr: "pipe",
      },
    );
    const [stdout, stderr] = await Promise.all([
      new Response(pipe.stdout).text(),
      new Response(pipe.stderr).text(),
    ]);
    expect([stdout.trim(), stderr]).toEqual(["0", ""]);
  });
});

describe("version", () => {
  test("names version, commit, Bun and SQLite", async () => {
    const { code, stdout } = await todos(["version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^todos \d+\.\d+\.\d+ \(commit \w+, Bun \d+\.\d+\.\d+, SQLite 3\.\d+\.\d+, \w+-\w+\)\n$/,
    );
    expect((await todos(["--version"])).stdout).toBe(stdout);
  });

  test("--json", async () => {
    const { stdout } = await todos(["version", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ name: "todos", bun: Bun.version });
  });
});
