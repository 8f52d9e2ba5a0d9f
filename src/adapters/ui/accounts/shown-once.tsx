import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";

interface ShownOnceProps {
  readonly label: string;
  readonly about: string;
  readonly text: string;
}

/** A secret that nothing can show again: selected at once, and copied by a press. */
export function ShownOnce({ label, about, text }: ShownOnceProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const isCopied = useSignal(false);
  useLayoutEffect(() => field.current?.select(), [text]);
  const copy = async () => {
    field.current?.select();
    // Over plain HTTP there is no clipboard: the text is selected, and the keys copy it.
    await navigator.clipboard?.writeText(text);
    isCopied.value = navigator.clipboard !== undefined;
  };
  return (
    <div class="shown-once">
      <label for={id}>{label}</label>
      <p class="quiet small">{about}</p>
      <textarea
        id={id}
        ref={field}
        class="field"
        readOnly
        dir="ltr"
        spellcheck={false}
        rows={linesOf(text)}
        value={text}
      />
      <div class="bar">
        <button type="button" class="button" onClick={copy}>
          {t("accounts.copy")}
        </button>
        <span role="status" class="quiet">
          {isCopied.value && t("accounts.copied")}
        </span>
      </div>
    </div>
  );
}

/** Where the browser does not do it itself, a field has room for all of its text. */
function linesOf(text: string): number {
  return text
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / CHARS_PER_LINE)), 0);
}

const CHARS_PER_LINE = 40;
