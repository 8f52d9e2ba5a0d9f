import { useSignal } from "@preact/signals";
import { Plus } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { TASK_TODO_CHARS_MAX } from "../../../domain/task.ts";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";
import type { Screen } from "./screens.ts";

/** One line for a new task: always there, and the first thing that a newcomer sees. */
export function QuickAdd({ to }: { readonly to: NonNullable<Screen["add"]> }) {
  const page = usePage();
  const text = useSignal("");
  const isHere = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const isNew = page.work.lists.peek().every((list) => page.work.tasksOf(list.key).peek().length === 0);
    // A newcomer can type at once. Not on a phone, where the keyboard would hide the page.
    if (isNew && matchMedia("(pointer: fine)").matches) input.current?.focus();
  }, []);
  const label = t("add.to", { list: to.name });
  return (
    <form
      class="add"
      onSubmit={submit}
      onFocusIn={() => (isHere.value = true)}
      onFocusOut={() => (isHere.value = false)}
    >
      <div class="add-line">
        <Icon node={Plus} />
        <input
          id="add"
          ref={input}
          value={text.value}
          maxLength={TASK_TODO_CHARS_MAX}
          autoComplete="off"
          enterkeyhint="done"
          dir="auto"
          placeholder={t("add.label")}
          aria-label={label}
          aria-describedby="add-hint"
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={onKey}
        />
        {text.value.trim() !== "" && (
          <button type="submit" class="button button-main">
            {t("add.submit")}
          </button>
        )}
      </div>
      <p id="add-hint" class={isHere.value ? "add-hint" : "hidden"}>
        {t("add.hint")}
      </p>
    </form>
  );

  /** The field is emptied only when the task is kept. */
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const todo = text.value.trim();
    if (todo === "") return;
    const done = await page.act(() => page.work.acts.addTask({ ...to.draft, todo }, to.list));
    if (!done) return;
    text.value = "";
    input.current?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") page.focus(page.focused.peek());
    else if (event.key === "ArrowDown") page.focus(page.tasks.peek()[0]?.key);
    else return;
    event.preventDefault();
  }
}
