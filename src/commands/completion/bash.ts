import type { Flag } from "../support/arguments.ts";
import type { Completable } from "./model.ts";
import { argumentChoices, takesFile, takesStore, takesWord } from "./model.ts";

/** A script for bash 4.3 and newer, with or without the package bash-completion. */
export function bashScript(commands: readonly Completable[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# Completion for todos, for bash: source <(todos completion bash)
${HELPERS}
# Fills COMPREPLY with what may stand for $cur.
_todos_candidates() {
  if (( count == 2 )) && [[ "$typed" != -* ]]; then
    _todos_words "${names} help"
    return
  fi
  case "$command:$prev" in
${commands.flatMap(valueCases).join("\n")}
  esac
  if [[ -n "$head" ]]; then return; fi
  case "$command" in
${commands.map((command) => commandCase(command)).join("\n")}
    help) _todos_words "${names}" ;;
  esac
}

_todos() {
  local -a words=()
  local count=0 typed="" head="" cur="" prev="" command=serve
  COMPREPLY=()
  _todos_split
  typed="\${words[count-1]}"
  cur="$typed"
  prev="\${words[count-2]}"
  if (( count > 2 )) && [[ "\${words[1]}" != -* ]]; then command="\${words[1]}"; fi
  if [[ "$typed" == --*=* ]]; then
    head="\${typed%%=*}="
    prev="$head"
    cur="\${typed#*=}"
  fi
  _todos_candidates
  _todos_rest
}
complete -F _todos todos
`;
}

const HELPERS = `# The words of the line as they were typed: bash takes them apart at = and :.
_todos_split() {
  local word line="\${COMP_LINE:0:COMP_POINT}" i
  for (( i = 0; i <= COMP_CWORD; i++ )); do
    word="\${COMP_WORDS[i]}"
    if (( count > 0 )) && [[ "$line" == [![:space:]]* ]]; then
      words[count-1]+="$word"
    else
      words[count++]="$word"
      line="\${line#"\${line%%[![:space:]]*}"}"
    fi
    line="\${line#"$word"}"
  done
}

_todos_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_todos_files() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_todos_stores() {
  if [[ "$cur" == sqlite:* ]]; then
    head+="sqlite:"
    cur="\${cur#sqlite:}"
    _todos_files
  else
    compopt -o nospace 2> /dev/null
    _todos_words "sqlite: cassandra:"
  fi
}

# Leaves of each candidate what bash does not have yet: it replaces only what follows the last = or :.
_todos_rest() {
  local breaks="\${COMP_WORDBREAKS//[!=:]/}" had="" i
  if [[ -n "$breaks" ]]; then had="\${typed%"\${typed##*["$breaks"]}"}"; fi
  for i in "\${!COMPREPLY[@]}"; do
    local candidate="$head\${COMPREPLY[i]}"
    COMPREPLY[i]="\${candidate#"$had"}"
  done
}
`;

function valueCases(command: Completable): string[] {
  return command.flags.flatMap((flag) => {
    const start = `${command.name}:--${flag.name}`;
    if (takesWord(flag)) return [`    ${start}|${start}=) ${candidates(flag)}return ;;`];
    // A switch of the program takes a value after = only.
    return flag.choices ? [`    ${start}=) ${candidates(flag)}return ;;`] : [];
  });
}

function candidates(flag: Flag): string {
  if (flag.choices) return `_todos_words "${flag.choices.join(" ")}"; `;
  if (takesStore(flag)) return "_todos_stores; ";
  return flag.placeholder === "FILE" ? "_todos_files; " : "";
}

function commandCase(command: Completable): string {
  const flags = [...command.flags.map(({ name }) => `--${name}`), "--help"].join(" ");
  const choices = argumentChoices(command).join(" ");
  const other = takesFile(command) ? "_todos_files" : choices === "" ? "" : `_todos_words "${choices}"`;
  const words = `_todos_words "${flags}"`;
  if (other === "") return `    ${command.name}) ${words} ;;`;
  return `    ${command.name}) if [[ "$cur" == -* ]]; then ${words}; else ${other}; fi ;;`;
}
