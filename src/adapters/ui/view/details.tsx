import { useSignal } from "@preact/signals";
import type { IconNode } from "lucide";
import {
  ArrowDown,
  ArrowUp,
  CalendarDays,
  CircleDot,
  Flag,
  Hash,
  List,
  Pencil,
  Repeat,
  Tag,
  Trash2,
  X,
} from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { TASK_DESCRIPTION_CHARS_MAX, TASK_TODO_CHARS_MAX } from "../../../domain/task.ts";
import { t } from "../text/text.ts";
import type { TaskChanges, TaskRow } from "../workspace/types.ts";
import { closeDetails, isWritable } from "./commands.ts";
import { longDay, spokenTime } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { lazy } from "./lazy.tsx";
import { isNarrow } from "./narrow.ts";
import { type Direction, moved } from "./order.ts";
import { type Dialog, usePage } from "./page.ts";
import { nameOf } from "./screens.ts";
import { act } from "./task-acts.ts";
import { CheckButton } from "./task-row.tsx";
import { asInField, useKeptAtEnd } from "./text-edit.tsx";

const RepeatText = lazy<{ readonly repeat: string; readonly repeatFrom?: string | undefined }>(
  "repeat",
  async () => (await import("../repeat/repeat-text.tsx")).RepeatText,
);

/** Everything about one task, to read and change, beside its list; over the list if there is no room. */
export function Details() {
  const page = usePage();
  const key = page.route.value.task ?? "";
  const task = page.work.task(key).value;
  const panel = useRef<HTMLElement>(null);
  const isConnecting = page.work.connection.value === "connecting";
  useEffect(() => {
    // Deleted here or elsewhere: there is nothing to show any more. A new browser has not read it yet.
    if (task === undefined && !isConnecting) closeDetails(page);
  }, [task === undefined, isConnecting]);
  useLayoutEffect(() => {
    // Where it lies over the list, the focus must not stay beneath.
    if (isNarrow.peek()) panel.current?.querySelector<HTMLElement>("button")?.focus();
  }, []);
  if (task === undefined) return null;
  const mayWrite = isWritable(page, task.key);
  return (
    <aside class="details" aria-label={t("details.label")} ref={panel} onKeyDown={onKey}>
      <div class="details-head">
        <span class="quiet small">{t("details.label")}</span>
        <button
          type="button"
          class="icon-button"
          aria-label={t("app.close")}
          onClick={() => closeDetails(page)}
        >
          <Icon node={X} />
        </button>
      </div>
      <div key={task.key}>
        <div class="details-todo">
          <CheckButton task={task} tabbable={true} />
          {mayWrite ? (
            <Field task={task} member="todo" max={TASK_TODO_CHARS_MAX} label={t("details.todo")} />
          ) : (
            <h2 dir="auto">{task.todo}</h2>
          )}
        </div>
        <Members task={task} mayWrite={mayWrite} />
        <Notes task={task} mayWrite={mayWrite} />
        {mayWrite && <Buttons task={task} />}
      </div>
      <Times task={task} />
    </aside>
  );

  function onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    closeDetails(page);
  }
}

const Markdown = lazy<{ readonly text: string }>(
  "first",
  async () => (await import("../markdown/markdown.tsx")).Markdown,
);

interface PartProps {
  readonly task: TaskRow;
  /** Whether the caller may change it; else it is only shown. */
  readonly mayWrite: boolean;
}

/** Notes as they are meant; as they are written while a person writes them. */
function Notes({ task, mayWrite }: PartProps) {
  const isEdited = useSignal(false);
  const place = useRef<HTMLDivElement>(null);
  /** Asked for by the button: a field that has the focus by itself may have lost it again by then. */
  const wantsFocus = useRef(false);
  const isShown = task.description !== undefined && !isEdited.value;
  useLayoutEffect(() => {
    if (wantsFocus.current) place.current?.querySelector("textarea")?.focus();
    wantsFocus.current = false;
  }, [isEdited.value]);
  if (!mayWrite && task.description === undefined) return null;
  return (
    <div
      class="details-notes"
      ref={place}
      onFocusIn={({ target }) => {
        // Also where there were none: what others write meanwhile does not take the field away.
        if (target instanceof HTMLTextAreaElement) isEdited.value = true;
      }}
    >
      <div class="details-notes-head">
        <h2 id="details-notes">{t("details.notes")}</h2>
        {isShown && mayWrite && (
          <button
            type="button"
            class="icon-button"
            aria-label={t("details.notes.edit")}
            title={t("details.notes.edit")}
            onClick={() => {
              wantsFocus.current = true;
              isEdited.value = true;
            }}
          >
            <Icon node={Pencil} />
          </button>
        )}
      </div>
      {isShown || !mayWrite ? (
        <Markdown text={task.description ?? ""} />
      ) : (
        <Field
          task={task}
          member="description"
          max={TASK_DESCRIPTION_CHARS_MAX}
          label={t("details.notes.hint")}
          onLeft={() => (isEdited.value = false)}
        />
      )}
    </div>
  );
}

interface FieldProps {
  readonly task: TaskRow;
  readonly member: "todo" | "description";
  readonly max: number;
  readonly label: string;
  /** The person is somewhere else, and nothing in the field is not kept. */
  readonly onLeft?: () => void;
}

/** A text of the task, kept when the field is left or goes away, and by Ctrl+Enter; Esc takes back what was typed. */
function Field({ task, member, max, label, onLeft }: FieldProps) {
  const page = usePage();
  const field = useRef<HTMLTextAreaElement>(null);
  const stored = task[member] ?? "";
  const seen = useRef(stored);
  useEffect(() => {
    // Changed elsewhere: shown unless the person is writing here, whose change is then merged.
    if (!isTouched() || typed() === stored) show();
  }, [stored]);
  useKeptAtEnd({ field, isTouched, isTaken: () => page.work.task(task.key).peek() === undefined, keep });
  return (
    <textarea
      ref={field}
      rows={1}
      maxLength={max}
      dir="auto"
      aria-label={label}
      placeholder={label}
      defaultValue={stored}
      onBlur={left}
      onKeyDown={onKey}
    />
  );

  function typed(): string {
    return field.current?.value.trim() ?? "";
  }

  function isTouched(): boolean {
    return field.current !== null && field.current.value !== asInField(seen.current);
  }

  function show(): void {
    seen.current = stored;
    if (field.current !== null && isTouched()) field.current.value = stored;
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const isEnd = event.key === "Enter" && (member === "todo" || event.ctrlKey || event.metaKey);
    if (isEnd) void keep();
    else if (event.key === "Escape" && isTouched()) show();
    else return;
    event.preventDefault();
  }

  async function left(): Promise<void> {
    if ((await keep()) && document.activeElement !== field.current) onLeft?.();
  }

  /** @returns false if it was refused: then it stays in the field */
  async function keep(): Promise<boolean> {
    const text = typed();
    if (!isTouched() || text === stored || (text === "" && member === "todo")) {
      show();
      return true;
    }
    const changes: TaskChanges = { [member]: text === "" ? null : text };
    const before: TaskChanges = { [member]: seen.current === "" ? null : seen.current };
    const isKept = await page.act(() => page.work.acts.changeTasks([task.key], changes, before));
    if (isKept) seen.current = text;
    return isKept;
  }
}

function Members({ task, mayWrite }: PartProps) {
  const page = usePage();
  const list = page.work.list(task.list).value;
  const day = page.work.day.value;
  return (
    <dl class="details-list">
      <dt id="d-status">{t("details.status")}</dt>
      <dd>
        {mayWrite ? (
          <Status task={task} />
        ) : (
          <span class="details-value">
            <Icon node={CircleDot} />
            {t(`status.${task.status}`)}
          </span>
        )}
      </dd>
      <Value
        mayWrite={mayWrite}
        name={t("details.due")}
        icon={CalendarDays}
        dialog={{ name: "due", keys: [task.key] }}
      >
        {task.dueDate === undefined ? t("details.none") : longDay(task.dueDate, day)}
      </Value>
      <Value
        mayWrite={mayWrite}
        name={t("details.repeat")}
        icon={Repeat}
        dialog={{ name: "repeat", keys: [task.key] }}
      >
        {task.repeat === undefined ? (
          t("details.none")
        ) : (
          <RepeatText repeat={task.repeat} repeatFrom={task.repeatFrom} />
        )}
      </Value>
      <Value
        mayWrite={mayWrite}
        name={t("details.priority")}
        icon={Flag}
        dialog={{ name: "priority", keys: [task.key] }}
      >
        {t(`priority.${task.priority}`)}
      </Value>
      <Value
        mayWrite={mayWrite}
        name={t("details.labels")}
        icon={Tag}
        dialog={{ name: "labels", keys: [task.key] }}
      >
        {task.labels.length === 0
          ? t("details.none")
          : task.labels.map((label) => (
              <span class="chip" key={label}>
                <Icon node={Hash} />
                {label}
              </span>
            ))}
      </Value>
      <Value
        mayWrite={mayWrite}
        name={t("details.list")}
        icon={List}
        dialog={{ name: "move", keys: [task.key] }}
      >
        {list === undefined ? "" : nameOf(list)}
      </Value>
    </dl>
  );
}

interface ValueProps {
  readonly mayWrite: boolean;
  readonly name: string;
  readonly icon: IconNode;
  readonly dialog: Dialog;
  readonly children: ComponentChildren;
}

function Value({ mayWrite, name, icon, dialog, children }: ValueProps) {
  const page = usePage();
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {mayWrite ? (
          <button type="button" class="details-value" onClick={() => (page.dialog.value = dialog)}>
            <Icon node={icon} />
            <span class="hidden">{name}: </span>
            <span class="details-text">{children}</span>
          </button>
        ) : (
          <span class="details-value">
            <Icon node={icon} />
            <span class="details-text">{children}</span>
          </span>
        )}
      </dd>
    </>
  );
}

const STATUSES = ["pending", "in_progress", "completed"] as const;

function Status({ task }: { readonly task: TaskRow }) {
  const page = usePage();
  return (
    <div class="details-status">
      <Icon node={CircleDot} />
      <select
        class="details-value"
        aria-labelledby="d-status"
        value={task.status}
        onChange={(event) => {
          const status = STATUSES.find((known) => known === event.currentTarget.value);
          if (status !== undefined) void page.act(() => page.work.acts.setStatus([task.key], status));
        }}
      >
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {t(`status.${status}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Buttons({ task }: { readonly task: TaskRow }) {
  const page = usePage();
  const move = (direction: Direction) => () => moved(page, [task.key], direction);
  const isOrdered = page.screen.value.list !== undefined && task.status !== "completed";
  return (
    <div class="details-acts">
      {isOrdered && (
        <>
          <button type="button" class="button" onClick={move("up")}>
            <Icon node={ArrowUp} />
            {t("details.up")}
          </button>
          <button type="button" class="button" onClick={move("down")}>
            <Icon node={ArrowDown} />
            {t("details.down")}
          </button>
        </>
      )}
      <button type="button" class="button button-danger" onClick={() => act.delete(page, [task.key])}>
        <Icon node={Trash2} />
        {t("details.delete")}
      </button>
    </div>
  );
}

function Times({ task }: { readonly task: TaskRow }) {
  const { createdAt, updatedAt, completedAt } = task;
  if (createdAt === undefined) return <p class="details-foot">{t("details.here")}</p>;
  const times = [
    t("details.created", { date: spokenTime(createdAt) }),
    ...(updatedAt !== undefined && updatedAt !== createdAt
      ? [t("details.updated", { date: spokenTime(updatedAt) })]
      : []),
    ...(completedAt === undefined ? [] : [t("details.completed", { date: spokenTime(completedAt) })]),
  ];
  return <p class="details-foot">{times.join(", ")}</p>;
}
