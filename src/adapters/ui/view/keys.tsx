import { t } from "../text/text.ts";

const isApple = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const NAMES: Readonly<Record<string, string>> = {
  $mod: isApple ? "⌘" : "Ctrl",
  Alt: isApple ? "⌥" : "Alt",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowRight: "→",
  Escape: "Esc",
  Delete: "Del",
};

/** Keys as people know them, of tinykeys' words: `g i`, `$mod+k`. */
export function Keys({ keys }: { readonly keys: string }) {
  return (
    <span class="key-row">
      {keys.split(" ").map((press, at) => (
        <span key={press}>
          {at > 0 && <small class="quiet"> {t("help.then")} </small>}
          {press.split("+").map((key) => (
            <kbd key={key}>{NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</kbd>
          ))}
        </span>
      ))}
    </span>
  );
}
