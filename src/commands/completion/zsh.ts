import type { Flag } from "../support/arguments.ts";
import type { Completable } from "./model.ts";
import { argumentChoices, quoted, takesFile, takesStore, takesWord } from "./model.ts";

/** A script for a folder of zsh's `fpath`. */
export function zshScript(commands: readonly Completable[]): string {
  return `#compdef todos
# Completion for todos, for zsh: a file _todos in a folder of $fpath
_todos_stores() {
  if compset -P sqlite:; then _files; else compadd -S '' -- sqlite: cassandra:; fi
}
_todos() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n")}
    'help:show help'
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then
    _describe 'command' commands
    return
  fi
  local command=serve
  if [[ "$words[2]" != -* ]]; then
    command="$words[2]"
    shift words
    (( CURRENT-- ))
  fi
  case "$command" in
${commands.map(commandCase).join("\n")}
    help) _describe 'command' commands ;;
  esac
}
compdef _todos todos
`;
}

function commandCase(command: Completable): string {
  const specs = [...command.flags.map(flagSpec), quoted("--help[show help]"), ...argumentSpecs(command)];
  return `    ${command.name})\n      _arguments ${specs.join(" \\\n        ")} ;;`;
}

function flagSpec(flag: Flag): string {
  const text = flag.description.replace(/[[\]\\]/g, "\\$&").replaceAll(":", "\\:");
  // A switch of the program takes a value after = only.
  if (!takesWord(flag) && flag.choices) {
    return quoted(`--${flag.name}=-[${text}]::value:(${flag.choices.join(" ")})`);
  }
  if (!takesWord(flag)) return quoted(`--${flag.name}[${text}]`);
  return quoted(`--${flag.name}=[${text}]:${flag.placeholder?.replaceAll(":", "\\:")}:${valueAction(flag)}`);
}

function valueAction(flag: Flag): string {
  if (flag.choices) return `(${flag.choices.join(" ")})`;
  if (takesStore(flag)) return "_todos_stores";
  return flag.placeholder === "FILE" ? "_files" : "";
}

function argumentSpecs(command: Completable): string[] {
  const choices = argumentChoices(command);
  if (choices.length > 0) return [quoted(`1:argument:(${choices.join(" ")})`)];
  return takesFile(command) ? [quoted("1:file:_files")] : [];
}
