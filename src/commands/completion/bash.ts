import type { Completable } from "./model.ts";
import { argumentChoices, takesFile, takesWord } from "./model.ts";

/** A script for bash 4 and newer, with or without the package bash-completion. */
export function bashScript(commands: readonly Completable[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# Completion for todos, for bash: source <(todos completion bash)
_todos() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command=serve
  COMPREPLY=()
  if (( COMP_CWORD > 1 )) && [[ "\${COMP_WORDS[1]}" != -* ]]; then command="\${COMP_WORDS[1]}"; fi
  if (( COMP_CWORD == 1 )) && [[ "$cur" != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${names} help" -- "$cur")
    return
  fi
  case "$command:$prev" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case "$command" in
${commands.map((command) => commandCase(command)).join("\n")}
    help) mapfile -t COMPREPLY < <(compgen -W "${names}" -- "$cur") ;;
  esac
}
complete -F _todos todos
`;
}

function valueCases(command: Completable): string[] {
  return command.flags.filter(takesWord).map((flag) => {
    const pattern = `    ${command.name}:--${flag.name})`;
    if (flag.choices)
      return `${pattern} mapfile -t COMPREPLY < <(compgen -W "${flag.choices.join(" ")}" -- "$cur"); return ;;`;
    return flag.placeholder === "FILE"
      ? `${pattern} compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;`
      : `${pattern} return ;;`;
  });
}

function commandCase(command: Completable): string {
  const flags = [...command.flags.map(({ name }) => `--${name}`), "--help"].join(" ");
  const words = `mapfile -t COMPREPLY < <(compgen -W "${flags}" -- "$cur")`;
  const choices = argumentChoices(command).join(" ");
  if (takesFile(command)) {
    return `    ${command.name}) if [[ "$cur" == -* ]]; then ${words}; else compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); fi ;;`;
  }
  if (choices === "") return `    ${command.name}) ${words} ;;`;
  return `    ${command.name}) if [[ "$cur" == -* ]]; then ${words}; else mapfile -t COMPREPLY < <(compgen -W "${choices}" -- "$cur"); fi ;;`;
}
