import {
  CalendarDays,
  Check,
  ChevronsUp,
  CloudUpload,
  Hash,
  List,
  Repeat,
  StickyNote,
  TriangleAlert,
} from "lucide";
import { t } from "../text/text.ts";
import type { TaskRow } from "../workspace/types.ts";
import { daysLater, spokenDay } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { type Page, usePage } from "./page.ts";
import { DAYS_AHEAD, nameOf } from "./screens.ts";
import { completed } from "./task-acts.ts";
import { TextEdit } from "./text-edit.tsx";

interface RowProps {
  readonly task: TaskRow;
  /** Place among all rows of the list, from 1. */
  readonly position: number;
  /** Whether Tab leads to it: one row of the list has that. */
  readonly tabbable: boolean;
}

export const rowId = (key: string) => `row-${key}`;

export function Row({ task, position, tabbable }: RowProps) {
  const page = usePage();
  const isChosen = page.chosen.value.has(task.key);
  const isEdited = page.editing.value === task.key;
  const isOpen = page.route.value.task === task.key;
  const isDone = page.statusOf(task) === "completed";
  return (
    <div
      id={rowId(task.key)}
      class={`row${isDone ? " row-done" : ""}${isOpen ? " row-open" : ""}`}
      role="row"
      tabIndex={tabbable ? 0 : -1}
      aria-rowindex={position}
      aria-selected={isChosen}
      data-key={task.key}
    >
      <span class="row-check" role="gridcell">
        <CheckButton task={task} tabbable={false} />
      </span>
      {isEdited ? (
        <span class="row-edit" role="gridcell">
          <TextEdit task={task} onEnd={() => endEdit(page, task.key)} />
        </span>
      ) : (
        <span class="row-text" role="gridcell">
          <span class="row-todo">{task.todo}</span>
          <Meta task={task} />
        </span>
      )}
      <span class="row-side" role="gridcell">
        <Marks task={task} />
      </span>
    </div>
  );
}

function endEdit(page: Page, key: string): void {
  if (page.editing.peek() !== key) return;
  page.editing.value = undefined;
  page.focus(key);
}

/** The round box: its edge shows the priority, which the row also says in words. None where it may not be pressed. */
export function CheckButton({ task, tabbable }: { readonly task: TaskRow; readonly tabbable: boolean }) {
  const page = usePage();
  const status = page.statusOf(task);
  const isDone = status === "completed";
  if (!page.mayWrite(task.list)) return <Bullet isDone={isDone} />;
  return (
    <button
      type="button"
      class="check"
      role="checkbox"
      aria-checked={isDone}
      aria-label={t("task.complete", { todo: task.todo })}
      tabIndex={tabbable ? 0 : -1}
      data-priority={task.priority}
      data-status={status}
      onClick={() => completed(page, [task.key])}
    >
      <i>
        <Icon node={Check} />
      </i>
    </button>
  );
}

function Bullet({ isDone }: { readonly isDone: boolean }) {
  return (
    <span class="bullet">
      {isDone && <Icon node={Check} />}
      {isDone && <span class="hidden">{t("status.completed")}</span>}
    </span>
  );
}

function Meta({ task }: { readonly task: TaskRow }) {
  const page = usePage();
  const { screen } = page.route.value;
  const list = screen === "inbox" || screen === "list" ? undefined : page.work.list(task.list).value;
  // There the day is the heading above.
  const day =
    screen === "upcoming" &&
    task.dueDate !== undefined &&
    task.dueDate <= daysLater(page.work.day.value, DAYS_AHEAD)
      ? undefined
      : task.dueDate;
  if (day === undefined && task.labels.length === 0 && list === undefined) return null;
  return (
    <span class="row-meta">
      {day !== undefined && <Due date={day} isDone={task.status === "completed"} />}
      {list !== undefined && (
        <span>
          <Icon node={List} />
          <span class="hidden">{t("task.inList", { list: "" })}</span>
          <span class="clip">{nameOf(list)}</span>
        </span>
      )}
      {task.labels.map((label) => (
        <span key={label}>
          <Icon node={Hash} />
          {label}
        </span>
      ))}
    </span>
  );
}

function Due({ date, isDone }: { readonly date: string; readonly isDone: boolean }) {
  const today = usePage().work.day.value;
  const isLate = date < today && !isDone;
  const spoken = spokenDay(date, today);
  return (
    <span class={isLate ? "late" : date === today && !isDone ? "now" : undefined}>
      <Icon node={CalendarDays} />
      <span class="hidden">{isLate ? t("task.overdue", { date: "" }) : t("task.due", { date: "" })}</span>
      {spoken}
    </span>
  );
}

/** What else there is to know at a glance: each a picture with words for a screen reader. */
function Marks({ task }: { readonly task: TaskRow }) {
  return (
    <>
      {task.clash !== undefined && mark(TriangleAlert, t("task.clash"), "high")}
      {task.pending && task.clash === undefined && mark(CloudUpload, t("task.unsent"))}
      {task.description !== undefined && mark(StickyNote, t("task.notes"))}
      {task.repeat !== undefined && mark(Repeat, t("task.repeats"))}
      {task.priority === "high" && mark(ChevronsUp, t("task.high"), "high")}
      {task.priority === "low" && <span class="hidden">{t("task.low")}</span>}
      {task.status === "in_progress" && <span class="hidden">{t("task.started")}</span>}
    </>
  );
}

function mark(icon: typeof Check, name: string, kind?: string) {
  return (
    <span class={kind} title={name}>
      <Icon node={icon} />
      <span class="hidden">{name}</span>
    </span>
  );
}
