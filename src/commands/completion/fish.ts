import type { Flag } from "../support/arguments.ts";
import { DEFAULT_COMMAND } from "../support/command.ts";
import type { Completable } from "./model.ts";
import { argumentChoices, takesFile, takesStore, takesWord } from "./model.ts";

/** A script for fish's folder of completions. */
export function fishScript(commands: readonly Completable[]): string {
  const first = "-n __fish_use_subcommand";
  return `# Completion for todos, for fish
function __todos_stores
    set -l typed (string replace -r -- '^--[^=]*=' '' (commandline -ct))
    if string match -q 'sqlite:*' -- $typed
        printf 'sqlite:%s\\n' (__fish_complete_path (string replace sqlite: '' -- $typed))
    else
        printf '%s\\n' sqlite: cassandra:
    end
end
complete -c todos -f
${commands.map(({ name, summary }) => `complete -c todos ${first} -a ${name} -d ${fishQuoted(summary)}`).join("\n")}
complete -c todos ${first} -a help -d 'show help'
complete -c todos -n '__fish_seen_subcommand_from help' -a ${fishQuoted(commands.map(({ name }) => name).join(" "))}
complete -c todos -l help -d 'show help'
${commands.flatMap((command) => commandLines(command, commands)).join("\n")}
`;
}

function commandLines(command: Completable, all: readonly Completable[]): string[] {
  const others = all.filter(({ name }) => name !== command.name).map(({ name }) => name);
  // The default command's flags count where no command is named.
  const condition =
    command.name === DEFAULT_COMMAND
      ? `not __fish_seen_subcommand_from help ${others.join(" ")}`
      : `__fish_seen_subcommand_from ${command.name}`;
  const seen = `complete -c todos -n '${condition}'`;
  const lines = command.flags.map((flag) => `${seen} ${flagWords(flag)}`);
  const choices = argumentChoices(command);
  if (choices.length > 0) lines.push(`${seen} -a ${fishQuoted(choices.join(" "))}`);
  if (takesFile(command)) lines.push(`${seen} -F`);
  return lines;
}

function flagWords(flag: Flag): string {
  const words = [`-l ${flag.name}`, `-d ${fishQuoted(flag.description)}`];
  if (takesWord(flag)) words.push(flag.placeholder === "FILE" ? "-r -F" : "-x");
  if (takesStore(flag)) words.push("-a '(__todos_stores)'");
  if (flag.choices) words.push(`-a ${fishQuoted(flag.choices.join(" "))}`);
  return words.join(" ");
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
