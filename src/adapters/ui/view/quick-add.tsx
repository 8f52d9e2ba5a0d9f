import { useSignal } from "@preact/signals";
import { CalendarDays, Flag, Hash, List, Plus, Repeat, X } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { TASK_TODO_CHARS_MAX } from "../../../domain/task.ts";
import { LINE, newTaskLine } from "../shell/line.ts";
import { t } from "../text/text.ts";
import type { TaskDraft } from "../workspace/types.ts";
import { spokenDay } from "./dates.ts";
import { isFocusFree } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { chipOf, hasReader, type Line, loadReader, readLine, type Span } from "./line-reader.ts";
import { type Page, usePage } from "./page.ts";
import { nameOf, type Screen } from "./screens.ts";

const NONE: ReadonlySet<string> = new Set();

/** One line for a new task: always there, and the first thing that a newcomer sees. */
export function QuickAdd({ to }: { readonly to: NonNullable<Screen["add"]> }) {
  const page = usePage();
  const text = newTaskLine;
  const plain = useSignal(NONE);
  const isHere = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  /** Texts whose tasks wait for what reads them: they stay in the field, before what is typed since. */
  const waiting = useRef("");
  /** Tasks are added in the order in which they were typed, though some take longer to read. */
  const last = useRef(Promise.resolve(true));
  const line = readLine(page, text.value, plain.value);
  useNewcomer(page, input);
  useSaid(page, line.spans);
  return (
    <form
      class="add"
      onSubmit={submit}
      onFocusIn={() => {
        isHere.value = true;
        void loadReader();
      }}
      onFocusOut={() => (isHere.value = false)}
    >
      <div class="add-line">
        <Icon node={Plus} />
        <input
          id={LINE}
          ref={input}
          value={text.value}
          maxLength={TASK_TODO_CHARS_MAX}
          autoComplete="off"
          enterkeyhint="done"
          dir="auto"
          placeholder={t("add.label")}
          aria-label={t("add.to", { list: to.name })}
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
      {line.spans.length > 0 && <Chips spans={line.spans} onRemove={leave} />}
      <p
        id="add-hint"
        class={line.spans.length > 0 ? "hidden" : `add-hint${isHere.value ? "" : " add-hint-out"}`}
      >
        {t("add.hint")}
      </p>
    </form>
  );

  /** What was understood is text after all. */
  function leave(span: Span): void {
    plain.value = new Set([...plain.value, chipOf(span)]);
    input.current?.focus();
  }

  /** What is typed after Enter is the next task, however long this one takes; a text that can't be kept comes back. */
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const before = text.value.startsWith(waiting.current) ? waiting.current : "";
    const [typed, asText] = [text.value.slice(before.length), plain.value];
    if (typed.trim() === "") return;
    input.current?.focus();
    const isReady = hasReader();
    if (isReady) fill(before);
    else waiting.current = before + typed;
    const add = async () => {
      await loadReader();
      const read = readLine(page, typed, asText);
      await page.work.acts.addTask(draftOf(read, to.draft), read.list ?? to.list);
    };
    last.current = last.current.then(() => page.act(add));
    const done = await last.current;
    if (isReady && !done) fill([typed, text.value].filter((each) => each !== "").join(" "));
    if (isReady) return;
    if (waiting.current.startsWith(typed)) waiting.current = waiting.current.slice(typed.length);
    if (done && text.value.startsWith(typed)) fill(text.value.slice(typed.length));
  }

  /** In the field itself, too: the next key may come before it is drawn again. */
  function fill(now: string): void {
    text.value = now;
    plain.value = NONE;
    if (input.current) input.current.value = now;
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") page.focus(page.focused.peek());
    else if (event.key === "ArrowDown") page.focus(page.tasks.peek()[0]?.key);
    else return;
    event.preventDefault();
  }
}

/** What the line says goes before what the screen is about; labels of both count. */
function draftOf({ spans: _spans, list: _list, ...line }: Line, screen: Partial<TaskDraft>): TaskDraft {
  const labels = [...(screen.labels ?? []), ...(line.labels ?? [])];
  return { ...screen, ...line, ...(labels.length > 0 && { labels: [...new Set(labels)] }) };
}

/** A newcomer can type at once. Not on a phone, where the keyboard would hide the page. */
function useNewcomer(page: Page, input: { readonly current: HTMLInputElement | null }): void {
  const connection = page.work.connection.value;
  useEffect(() => {
    if (connection !== "online") return;
    const isNew = page.work.lists.peek().every((list) => page.work.tasksOf(list.key).peek().length === 0);
    if (isNew && isFocusFree() && matchMedia("(pointer: fine)").matches) input.current?.focus();
  }, [connection]);
}

/** Says what was understood, when that changes. */
function useSaid(page: Page, spans: readonly Span[]): void {
  const understood = spans.map((span) => chipText(page, span)).join(", ");
  useEffect(() => {
    if (understood !== "") page.say(t("add.understood", { text: understood }));
  }, [understood]);
}

const ICONS = { due: CalendarDays, repeat: Repeat, priority: Flag, label: Hash, list: List } as const;

function Chips(props: { readonly spans: readonly Span[]; readonly onRemove: (span: Span) => void }) {
  const page = usePage();
  return (
    <ul class="chips">
      {props.spans.map((span) => (
        <li class="chip" key={span.start}>
          <Icon node={ICONS[span.kind]} />
          {chipText(page, span)}
          <button
            type="button"
            aria-label={t("add.remove", { text: span.text })}
            title={t("add.remove", { text: span.text })}
            onClick={() => props.onRemove(span)}
          >
            <Icon node={X} />
          </button>
        </li>
      ))}
    </ul>
  );
}

const PRIORITIES = ["low", "medium", "high"] as const;

function chipText(page: Page, { kind, value, text }: Span): string {
  if (kind === "due") return spokenDay(value, page.work.day.value);
  if (kind === "label") return value;
  const list = kind === "list" ? page.work.list(value).value : undefined;
  if (list !== undefined) return nameOf(list);
  const priority = kind === "priority" ? PRIORITIES.find((known) => known === value) : undefined;
  return priority === undefined ? text : t(`priority.${priority}`);
}
