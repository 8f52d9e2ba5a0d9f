import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import type { Completable } from "./completion/model.ts";
import { zshScript } from "./completion/zsh.ts";
import { flagsOf } from "./support/arguments.ts";
import type { Command, CommandEntry } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

const SCRIPTS: Readonly<Record<string, (commands: readonly Completable[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const command: Command = {
  name: "completion",
  summary: "print a completion script for bash, zsh or fish",
  arguments: [
    {
      name: "SHELL",
      description: "bash, zsh or fish",
      required: true,
      choices: Object.keys(SCRIPTS),
    },
  ],
  options: [],
  settings: [],
  examples: [
    { line: "source <(todos completion bash)", does: "complete in this shell" },
    {
      line: "todos completion bash > ~/.local/share/bash-completion/completions/todos",
      does: "in every bash",
    },
    { line: 'todos completion zsh > "$' + '{fpath[1]}/_todos"', does: "in every zsh" },
    { line: "todos completion fish > ~/.config/fish/completions/todos.fish", does: "in every fish" },
  ],
  run: async ({ args, commands, stdout }) => {
    const script = SCRIPTS[args[0] ?? ""];
    if (script) stdout.write(script(await completables(commands)));
    return EXIT_DONE;
  },
};

async function completables(commands: readonly CommandEntry[]): Promise<readonly Completable[]> {
  return Promise.all(
    commands.map(async (entry) => {
      const { command: loaded } = await entry.load();
      return {
        name: entry.name,
        summary: entry.summary,
        flags: flagsOf(loaded),
        arguments: loaded.arguments,
      };
    }),
  );
}
