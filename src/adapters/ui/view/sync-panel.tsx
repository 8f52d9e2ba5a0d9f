import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../text/text.ts";
import type { QueueEntry, SentChange, SyncState } from "../workspace/types.ts";
import { spokenTime } from "./dates.ts";
import { DialogFrame, focusBody } from "./dialog.tsx";
import { memberName } from "./members.ts";
import { type Page, usePage } from "./page.ts";
import { syncText } from "./sync-button.tsx";

/** Of a long queue or history, so many are shown; the export has all of them. */
const SHOWN_MAX = 200;

/** What is not sent yet, and why: to be looked at, sent again, exported, and given up by hand only. */
export function SyncPanel() {
  const page = usePage();
  const queue = page.work.queue.value;
  return (
    <DialogFrame title={t("sync.title")} wide>
      <div class="dialog-body" tabIndex={0}>
        <p role="status">{standing(page.work.sync.value)}</p>
        {queue.length > 0 && <Queue queue={queue} />}
        <Limits />
        <History />
      </div>
    </DialogFrame>
  );
}

function standing(state: SyncState): string {
  if (state.kind !== "saved") return syncText(state);
  const away = state.away ? ` ${t("sync.allSent.away", { reason: t(`sync.${state.away}`) })}` : "";
  return t("sync.allSent") + away;
}

function Queue({ queue }: { readonly queue: readonly QueueEntry[] }) {
  const page = usePage();
  return (
    <>
      {!page.work.limits.value.copy && <p class="quiet">{t("sync.explain")}</p>}
      <div class="bar">
        <button type="button" class="button button-main" onClick={() => page.work.retry()}>
          {t("sync.retryAll")}
        </button>
        <button type="button" class="button" onClick={() => exported(page)}>
          {t("sync.export")}
        </button>
      </div>
      <ul class="entries">
        {queue.slice(0, SHOWN_MAX).map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {queue.length > SHOWN_MAX && <p class="quiet">{t("sync.more", { count: queue.length - SHOWN_MAX })}</p>}
    </>
  );
}

function Entry({ entry }: { readonly entry: QueueEntry }) {
  const page = usePage();
  const isSure = useSignal(false);
  const clash = page.work.clashes.value.find((row) => row.id === entry.id);
  const detail = entry.problem?.detail ?? entry.problem?.title ?? "";
  const again = async () => {
    await page.work.retry(entry.id);
    focusBody();
  };
  const giveUp = async () => {
    if (!isSure.value) isSure.value = true;
    else if (await page.act(() => page.work.drop(entry.id))) focusBody();
  };
  return (
    <li>
      <div class="grow">
        <span dir="auto">{entry.name}</span>
        <small>
          {t("sync.made", { kind: t(`kind.${entry.kind}`), time: spokenTime(entry.madeAt) })} ·{" "}
          <span class={entry.state === "stuck" ? "problem" : undefined}>
            {t(`sync.state.${entry.state}`, { detail })}
          </span>
        </small>
        <Changes changes={entry.changes} />
      </div>
      {clash && (
        <button
          type="button"
          class="button"
          onClick={() => (page.dialog.value = { name: "clash", id: clash.id })}
        >
          {t("sync.clash.open")}
        </button>
      )}
      {(entry.state === "stuck" || entry.state === "doubtful") && (
        <button type="button" class="button" onClick={again}>
          {t("sync.retry")}
        </button>
      )}
      {entry.state !== "sending" && (
        <button type="button" class="button button-danger" onClick={giveUp}>
          {isSure.value ? sureText(page, entry) : t("sync.drop")}
        </button>
      )}
    </li>
  );
}

/** The tasks of a list that was never made go with it. */
function sureText(page: Page, { kind, key }: QueueEntry): string {
  const count = kind === "add-list" ? page.work.tasksOf(key).value.length : 0;
  return count === 0 ? t("sync.drop.sure") : t("sync.drop.sure.list", { count });
}

function Changes({ changes }: { readonly changes: Readonly<Record<string, unknown>> }) {
  const text = Object.entries(changes)
    .map(([member, value]) => `${memberName(member)}: ${shownValue(value)}`)
    .join(", ");
  return (
    <small class="clamp" dir="auto">
      {text}
    </small>
  );
}

function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function Limits() {
  const { tabs, copy, offline } = usePage().work.limits.value;
  const texts = [
    ...(tabs ? [t("sync.limits.tabs")] : []),
    ...(copy ? [t("sync.limits.copy")] : []),
    ...(offline ? [t("sync.limits.offline")] : []),
  ];
  if (texts.length === 0) return null;
  return (
    <ul class="section quiet small">
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

function History() {
  const page = usePage();
  const sent = useSignal<readonly SentChange[]>([]);
  const queue = page.work.queue.value;
  useEffect(() => {
    page.work.history().then(
      (rows) => {
        sent.value = rows;
      },
      (error: unknown) => {
        page.say(String(error));
      },
    );
  }, [queue]);
  return (
    <section class="section">
      <h3>{t("sync.history")}</h3>
      {sent.value.length === 0 && <p class="quiet">{t("sync.history.none")}</p>}
      <ul class="entries">
        {sent.value.slice(0, SHOWN_MAX).map((change) => (
          <li key={change.id}>
            <div class="grow">
              <span dir="auto">{change.name}</span>
              <small>
                {t(`kind.${change.kind}`)}, {t(`sync.end.${change.end}`)} {spokenTime(change.sentAt)}
              </small>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function exported(page: Page): Promise<void> {
  const url = URL.createObjectURL(await page.work.exportQueue());
  const link = document.createElement("a");
  link.href = url;
  link.download = `todos-unsent-${page.work.day.peek()}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
