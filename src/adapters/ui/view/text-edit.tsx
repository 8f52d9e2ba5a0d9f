import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { TASK_TODO_CHARS_MAX } from "../../../domain/task.ts";
import { t } from "../text/text.ts";
import type { TaskRow } from "../workspace/types.ts";
import { typedOn } from "./keyboard.ts";
import { usePage } from "./page.ts";

/** Fields use only line feeds. A text keeps its other line ends until it is edited: looking at it changes nothing. */
export function asInField(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

interface Typing {
  readonly field: { readonly current: HTMLTextAreaElement | null };
  /** Whether anything was typed that is not being kept. */
  readonly isTouched: () => boolean;
  /** Whether it was not the person who went away. */
  readonly isTaken: () => boolean;
  /** Called while the field is still there. @returns whether nothing is left in it that is not kept */
  readonly keep: () => Promise<boolean>;
}

/**
 * Keeps what was typed also where the field goes away under it: the row has left the screen, or the person has. What
 * can't be kept is said with why. Where the whole page goes away, the browser asks first.
 */
export function useKeptAtEnd(typing: Typing): void {
  const page = usePage();
  const latest = useRef(typing);
  latest.current = typing;
  useEffect(() => {
    const ask = (event: Event) => {
      if (latest.current.isTouched()) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, []);
  useLayoutEffect(
    () => async () => {
      const { field, isTouched, isTaken, keep } = latest.current;
      if (isTouched() && isTaken()) typedOn();
      const text = field.current?.value ?? "";
      if (await keep()) return;
      const why = page.toast.peek()?.text ?? "";
      page.toast.value = { text: t("act.failed.typed", { why, text }), isProblem: true };
    },
    [],
  );
}

/** The text of a task, edited where it stands: Enter or leaving keeps it, Esc takes it back. */
export function TextEdit({ task, onEnd }: { readonly task: TaskRow; readonly onEnd: () => void }) {
  const page = usePage();
  const field = useRef<HTMLTextAreaElement>(null);
  const hasEnded = useRef(false);
  // What is changed elsewhere meanwhile does not show here: it is merged with, not overwritten.
  const seen = useRef(task.todo).current;
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(seen.length, seen.length);
  }, []);
  useKeptAtEnd({ field, isTouched, isTaken: () => page.editing.peek() === task.key, keep });
  return (
    <textarea
      ref={field}
      rows={1}
      maxLength={TASK_TODO_CHARS_MAX}
      dir="auto"
      aria-label={t("task.edit")}
      defaultValue={seen}
      onKeyDown={onKey}
      onBlur={() => keep()}
    />
  );

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      hasEnded.current = true;
      onEnd();
    } else if (event.key === "Enter") void keep();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function isTouched(): boolean {
    return !hasEnded.current && field.current !== null && field.current.value !== asInField(seen);
  }

  /** @returns false where the browser refuses to store it: the text stays in the field */
  async function keep(): Promise<boolean> {
    if (hasEnded.current || field.current === null) return true;
    hasEnded.current = true;
    const typed = field.current.value;
    const todo = typed.trim().replace(/\s*\n\s*/g, " ");
    const isChange = todo !== "" && typed !== asInField(seen);
    const change = () => page.work.acts.changeTasks([task.key], { todo }, { todo: seen });
    const done = !isChange || (await page.act(change));
    hasEnded.current = done;
    if (done) onEnd();
    return done;
  }
}
