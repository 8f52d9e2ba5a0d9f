import { useComputed, useSignal } from "@preact/signals";
import { Trash2 } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import type { Link } from "../api/types.ts";
import { t } from "../text/text.ts";
import type { TrashPage, TrashRow } from "../workspace/types.ts";
import { spokenTime } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { refusal, usePage } from "./page.ts";
import { nameOf } from "./screens.ts";
import type { Title } from "./title.ts";

const LISTS = "";

/** Deleted lists, and deleted tasks of one list: asked of the service each time. */
export function Trash({ title }: { readonly title: Title }) {
  const page = usePage();
  const inbox = page.work.lists.value.find((list) => list.isInbox);
  const list = useSignal(inbox?.key ?? LISTS);
  return (
    <>
      <div class="main-head">
        <h1 ref={title.ref} tabIndex={-1}>
          {title.text}
          <small>{t("trash.explain")}</small>
        </h1>
      </div>
      <label class="trash-of">
        <span class="quiet">{t("trash.of")}</span>
        <select
          class="field"
          value={list.value}
          onChange={(event) => (list.value = event.currentTarget.value)}
        >
          {page.work.lists.value.map((row) => (
            <option key={row.key} value={row.key}>
              {nameOf(row)}
            </option>
          ))}
          <option value={LISTS}>{t("trash.lists")}</option>
        </select>
      </label>
      <Rows key={list.value} list={list.value} />
    </>
  );
}

function Rows({ list }: { readonly list: string }) {
  const page = usePage();
  // Rows of the trash come without forms. A caller who may write in a list may restore what was in it.
  const mayWrite = list === LISTS || page.work.list(list).value?.may.write === true;
  const rows = useSignal<readonly TrashRow[] | undefined>(undefined);
  const next = useSignal<Link | undefined>(undefined);
  const problem = useSignal("");
  const loads = useRef(0);
  const load = (from?: Link) => {
    const own = ++loads.current;
    const isLatest = () => own === loads.current;
    problem.value = "";
    const asked = list === LISTS ? page.work.trash.lists(from) : page.work.trash.tasksOf(list, from);
    asked.then(
      (got: TrashPage) => {
        if (!isLatest()) return;
        rows.value = [...(from === undefined ? [] : (rows.peek() ?? [])), ...got.rows];
        next.value = got.next;
      },
      (error: unknown) => {
        if (isLatest()) problem.value = refusal(error);
      },
    );
  };
  const isSent = useComputed(() => page.work.queue.value.length === 0).value;
  // What was deleted is there once the service knows of it.
  useEffect(() => load(), [isSent]);
  const gone = (row: TrashRow, said: string) => {
    rows.value = rows.peek()?.filter((other) => other.id !== row.id);
    page.say(said);
    document.querySelector<HTMLElement>("h1")?.focus();
  };
  if (problem.value !== "") {
    return (
      <div role="alert" class="empty">
        <p>{t("trash.offline", { reason: problem.value })}</p>
        <p>
          <button type="button" class="button" onClick={() => load()}>
            {t("app.again")}
          </button>
        </p>
      </div>
    );
  }
  if (rows.value === undefined) {
    return (
      <p class="quiet empty" role="status">
        {t("trash.loading")}
      </p>
    );
  }
  if (rows.value.length === 0 && next.value === undefined) {
    return (
      <div class="empty">
        <Icon node={Trash2} />
        <p>{t(list === LISTS ? "trash.empty" : "trash.empty.tasks")}</p>
      </div>
    );
  }
  return (
    <>
      <ul class="entries">
        {rows.value.map((row) => (
          <Entry key={row.id} row={row} mayWrite={mayWrite} onGone={(said) => gone(row, said)} />
        ))}
      </ul>
      {next.value && (
        <button type="button" class="button" onClick={() => load(next.value)}>
          {t("trash.more")}
        </button>
      )}
    </>
  );
}

interface EntryProps {
  readonly row: TrashRow;
  readonly mayWrite: boolean;
  readonly onGone: (said: string) => void;
}

function Entry({ row, mayWrite, onGone }: EntryProps) {
  const page = usePage();
  const isSure = useSignal(false);
  const { name } = row;
  const restore = async () => {
    if (await page.act(() => page.work.trash.restore(row))) onGone(t("trash.restored", { name }));
  };
  const erase = async () => {
    if (!isSure.value) isSure.value = true;
    else if (await page.act(() => page.work.trash.erase(row))) onGone(t("trash.erased", { name }));
  };
  return (
    <li>
      <div class="grow">
        <span dir="auto">{name}</span>
        <small>{t("trash.deleted", { time: spokenTime(row.deletedAt) })}</small>
      </div>
      {mayWrite && row.may.restore && (
        <button type="button" class="button" aria-label={t("trash.restore.name", { name })} onClick={restore}>
          {t("trash.restore")}
        </button>
      )}
      {mayWrite && row.may.erase && (
        <button
          type="button"
          class="button button-danger"
          aria-label={isSure.value ? t("trash.erase.sure", { name }) : t("trash.erase.name", { name })}
          onClick={erase}
        >
          {isSure.value ? t("trash.erase.again") : t("trash.erase")}
        </button>
      )}
    </li>
  );
}
