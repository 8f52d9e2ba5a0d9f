import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CHECKLIST_NAME_CHARS_MAX } from "../../../domain/checklist.ts";
import { t } from "../text/text.ts";
import type { ListRow } from "../workspace/types.ts";
import { Closed, DialogFrame } from "./dialog.tsx";
import { lazy } from "./lazy.tsx";
import { type ListDialogs, type Page, usePage } from "./page.ts";
import { nameOf } from "./screens.ts";

const ShareDialog = lazy("accounts", async () => (await import("../accounts/share-dialog.tsx")).ShareDialog);
const ListExport = lazy<{ readonly list: ListRow }>(
  "transfer",
  async () => (await import("../transfer/list-export.tsx")).ListExport,
);

export function ListDialog({ dialog }: { readonly dialog: ListDialogs }) {
  const page = usePage();
  const list = dialog.name === "new-list" ? undefined : page.work.list(dialog.list).value;
  if (dialog.name === "new-list")
    return <NameForm title={t("nav.newList")} label={t("nav.listName")} doing={made} />;
  if (list === undefined) return <Closed />;
  if (dialog.name === "share-list")
    return <ShareDialog work={page.work} list={list} close={() => close(page)} />;
  if (dialog.name === "export-list") return <ExportList list={list} />;
  if (dialog.name === "delete-list") return <DeleteList list={list} />;
  if (dialog.name === "rename-list") return <RenameList list={list} />;
  return null;

  async function made(name: string): Promise<boolean> {
    const done = await page.act(async () => {
      const key = await page.work.acts.addList(name);
      page.go({ screen: "list", of: key });
    });
    return done;
  }
}

function RenameList({ list }: { readonly list: ListRow }) {
  const page = usePage();
  // As it was when the person began: what it is called elsewhere meanwhile is not overwritten.
  const seen = useRef(list.name).current;
  const shown = useRef(nameOf(list)).current;
  const rename = (name: string) => page.act(() => page.work.acts.renameList(list.key, name, seen));
  return <NameForm title={t("list.rename")} label={t("list.rename.label")} name={shown} doing={rename} />;
}

interface NameFormProps {
  readonly title: string;
  readonly label: string;
  readonly name?: string;
  readonly doing: (name: string) => Promise<boolean>;
}

function NameForm({ title, label, name = "", doing }: NameFormProps) {
  const page = usePage();
  const text = useSignal(name);
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.select(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const trimmed = text.value.trim();
    if (trimmed === "" || (trimmed !== name && !(await doing(trimmed)))) return;
    page.dialog.value = undefined;
  };
  return (
    <DialogFrame title={title}>
      <form class="dialog-body" onSubmit={submit}>
        <label>
          <span class="quiet small">{label}</span>
          <input
            ref={input}
            class="field"
            required
            maxLength={CHECKLIST_NAME_CHARS_MAX}
            dir="auto"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <div class="dialog-acts">
          <button type="button" class="button" onClick={() => close(page)}>
            {t("app.cancel")}
          </button>
          <button type="submit" class="button button-main">
            {t("app.save")}
          </button>
        </div>
      </form>
    </DialogFrame>
  );
}

function ExportList({ list }: { readonly list: ListRow }) {
  return (
    <DialogFrame title={t("list.export.name", { name: nameOf(list) })}>
      <div class="dialog-body">
        <ListExport list={list} />
      </div>
    </DialogFrame>
  );
}

/** Asked about before it is done: a list takes all its tasks along. */
function DeleteList({ list }: { readonly list: ListRow }) {
  const page = usePage();
  const remove = async () => {
    const done = await page.act(() => page.work.acts.deleteList(list.key));
    if (!done) return;
    page.dialog.value = undefined;
    page.go({ screen: "inbox" });
  };
  return (
    <DialogFrame title={t("list.delete")}>
      <div class="dialog-body">
        <p>{t("list.delete.sure", { name: nameOf(list), count: list.open })}</p>
        <div class="dialog-acts">
          <button type="button" class="button" onClick={() => close(page)}>
            {t("app.cancel")}
          </button>
          <button type="button" class="button button-main" onClick={remove}>
            {t("list.delete")}
          </button>
        </div>
      </div>
    </DialogFrame>
  );
}

function close(page: Page): void {
  page.dialog.value = undefined;
}
