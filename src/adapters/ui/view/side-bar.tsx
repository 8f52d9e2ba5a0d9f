import type { IconNode } from "lucide";
import {
  CalendarDays,
  CircleCheckBig,
  Command,
  Hash,
  Inbox,
  Keyboard,
  List,
  Plus,
  Search,
  Settings,
  Sun,
  Trash2,
  X,
} from "lucide";
import { useLayoutEffect, useRef } from "preact/hooks";
import { isGuest } from "../accounts/at-door.ts";
import { t } from "../text/text.ts";
import type { ListRow, Workspace } from "../workspace/types.ts";
import { hasTrash, mayMakeLists } from "./commands.ts";
import { Icon } from "./icons.tsx";
import { lazy } from "./lazy.tsx";
import { usePage } from "./page.ts";
import { hashOf } from "./routes.ts";
import { nameOf } from "./screens.ts";
import { SideItem } from "./side-item.tsx";
import { SyncButton } from "./sync-button.tsx";

const Invited = lazy<{ readonly work: Workspace }>(
  "first",
  async () => (await import("../accounts/invited.tsx")).Invited,
);

/** @param isOut true while something lies over it */
export function SideBar({ isOut }: { readonly isOut: boolean }) {
  const page = usePage();
  const side = useRef<HTMLElement>(null);
  const isOpen = page.sideOpen.value;
  useLayoutEffect(() => {
    if (isOpen) side.current?.querySelector<HTMLElement>("[aria-current], a")?.focus();
  }, [isOpen]);
  const lists = page.work.lists.value;
  return (
    <nav class="side" aria-label={t("nav.label")} ref={side} inert={isOut}>
      <div class="side-scroll">
        <Head />
        <Views inbox={lists.find((list) => list.isInbox)} />
        <Lists lists={lists.filter((list) => !list.isInbox)} />
        <Labels />
      </div>
      <div class="side-foot">
        <SyncButton />
        <FootButton
          icon={Keyboard}
          name={t("nav.help")}
          onClick={() => (page.dialog.value = { name: "help" })}
        />
        {hasTrash(page) && <FootLink to="trash" icon={Trash2} name={t("nav.trash")} />}
        <FootLink to="settings" icon={Settings} name={t("nav.settings")} />
      </div>
    </nav>
  );
}

function Head() {
  const page = usePage();
  return (
    <div class="side-head">
      <span class="brand">
        <Icon node={CircleCheckBig} />
        {t("app.name")}
      </span>
      <FootButton
        icon={Command}
        name={t("nav.anything")}
        onClick={() => (page.dialog.value = { name: "palette" })}
      />
      {page.sideOpen.value && (
        <FootButton icon={X} name={t("app.close")} onClick={() => (page.sideOpen.value = false)} />
      )}
    </div>
  );
}

function FootButton(props: { readonly icon: IconNode; readonly name: string; readonly onClick: () => void }) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={props.name}
      title={props.name}
      onClick={props.onClick}
    >
      <Icon node={props.icon} />
    </button>
  );
}

function FootLink(props: {
  readonly to: "trash" | "settings";
  readonly icon: IconNode;
  readonly name: string;
}) {
  return (
    <a class="icon-button" href={hashOf({ screen: props.to })} aria-label={props.name} title={props.name}>
      <Icon node={props.icon} />
    </a>
  );
}

function Views({ inbox }: { readonly inbox: ListRow | undefined }) {
  const { work } = usePage();
  const { day, due } = work;
  const today = day.value;
  const late = due.value.filter((task) => (task.dueDate ?? today) < today).length;
  const now = due.value.filter((task) => task.dueDate === today).length;
  return (
    <ul>
      <SideItem screen="search" icon={Search} name={t("nav.search")} />
      {!isGuest(work) && (
        <SideItem screen="inbox" icon={Inbox} name={t("nav.inbox")} count={inbox?.open} drop={inbox?.key} />
      )}
      <SideItem screen="today" icon={Sun} name={t("nav.today")} count={late + now} isLate={late > 0} />
      <SideItem screen="upcoming" icon={CalendarDays} name={t("nav.upcoming")} />
      {work.me.value !== undefined && <Invited work={work} />}
    </ul>
  );
}

function Lists({ lists }: { readonly lists: readonly ListRow[] }) {
  const page = usePage();
  return (
    <>
      <div class="side-title">
        <h2 id="side-lists">{t("nav.lists")}</h2>
        {mayMakeLists(page) && (
          <FootButton
            icon={Plus}
            name={t("nav.newList")}
            onClick={() => (page.dialog.value = { name: "new-list" })}
          />
        )}
      </div>
      <ul aria-labelledby="side-lists">
        {lists.map((list) => (
          <SideItem
            key={list.key}
            screen="list"
            of={list.id ?? list.key}
            icon={List}
            name={nameOf(list)}
            count={list.open}
            drop={list.may.write ? list.key : undefined}
          />
        ))}
      </ul>
    </>
  );
}

function Labels() {
  const labels = usePage().work.labels.value;
  if (labels.length === 0) return null;
  return (
    <>
      <h2 id="side-labels">{t("nav.labels")}</h2>
      <ul aria-labelledby="side-labels">
        {labels.map(({ label, count }) => (
          <SideItem key={label} screen="label" of={label} icon={Hash} name={label} count={count} />
        ))}
      </ul>
    </>
  );
}
