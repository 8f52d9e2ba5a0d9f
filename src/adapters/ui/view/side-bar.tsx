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
import { useEffect, useRef } from "preact/hooks";
import { isGuest } from "../accounts/at-door.ts";
import { locale, t } from "../text/text.ts";
import type { ListRow } from "../workspace/types.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";
import { hashOf, type ScreenName, sameScreen } from "./routes.ts";
import { nameOf } from "./screens.ts";
import { SyncButton } from "./sync-button.tsx";

/** @param isOut true while something lies over it */
export function SideBar({ isOut }: { readonly isOut: boolean }) {
  const page = usePage();
  const side = useRef<HTMLElement>(null);
  const isOpen = page.sideOpen.value;
  useEffect(() => {
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
        <a
          class="icon-button"
          href={hashOf({ screen: "trash" })}
          aria-label={t("nav.trash")}
          title={t("nav.trash")}
        >
          <Icon node={Trash2} />
        </a>
        <a
          class="icon-button"
          href={hashOf({ screen: "settings" })}
          aria-label={t("nav.settings")}
          title={t("nav.settings")}
        >
          <Icon node={Settings} />
        </a>
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

function Views({ inbox }: { readonly inbox: ListRow | undefined }) {
  const { work } = usePage();
  const { day, due } = work;
  const today = day.value;
  const late = due.value.filter((task) => (task.dueDate ?? today) < today).length;
  const now = due.value.filter((task) => task.dueDate === today).length;
  return (
    <ul>
      <Item screen="search" icon={Search} name={t("nav.search")} />
      {!isGuest(work) && (
        <Item screen="inbox" icon={Inbox} name={t("nav.inbox")} count={inbox?.open} drop={inbox?.key} />
      )}
      <Item screen="today" icon={Sun} name={t("nav.today")} count={late + now} isLate={late > 0} />
      <Item screen="upcoming" icon={CalendarDays} name={t("nav.upcoming")} />
    </ul>
  );
}

function Lists({ lists }: { readonly lists: readonly ListRow[] }) {
  const page = usePage();
  const root = page.work.root.value;
  const mayMake = root === undefined || root._templates?.default !== undefined;
  return (
    <>
      <div class="side-title">
        <h2 id="side-lists">{t("nav.lists")}</h2>
        {mayMake && (
          <FootButton
            icon={Plus}
            name={t("nav.newList")}
            onClick={() => (page.dialog.value = { name: "new-list" })}
          />
        )}
      </div>
      <ul aria-labelledby="side-lists">
        {lists.map((list) => (
          <Item
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
          <Item key={label} screen="label" of={label} icon={Hash} name={label} count={count} />
        ))}
      </ul>
    </>
  );
}

/** Texts and numbers, so that a line that is the same as before is not drawn again. */
interface ItemProps {
  readonly screen: ScreenName;
  readonly of?: string;
  readonly icon: IconNode;
  readonly name: string;
  readonly count?: number | undefined;
  readonly isLate?: boolean;
  /** Key of the list that tasks can be dropped on. */
  readonly drop?: string | undefined;
}

function Item({ screen, of, icon, name, count = 0, isLate = false, drop }: ItemProps) {
  const { route } = usePage();
  const to = { screen, ...(of === undefined ? {} : { of }) };
  return (
    <li>
      <a
        class="side-link"
        href={hashOf(to)}
        aria-current={sameScreen(to, route.value) ? "page" : undefined}
        data-drop={drop}
      >
        <Icon node={icon} />
        <span class="name">{name}</span>
        {count > 0 && (
          <>
            <span class={`count${isLate ? " count-late" : ""}`} aria-hidden="true">
              {count.toLocaleString(locale.value)}
            </span>
            <span class="hidden">, {t("nav.open", { count })}</span>
          </>
        )}
      </a>
    </li>
  );
}
