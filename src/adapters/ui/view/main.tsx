import { t } from "../text/text.ts";
import { Empty } from "./empty.tsx";
import { lazy } from "./lazy.tsx";
import { ListMenu } from "./list-menu.tsx";
import { Many } from "./many.tsx";
import { usePage } from "./page.ts";
import { QuickAdd } from "./quick-add.tsx";
import { SearchField } from "./search-field.tsx";
import { TaskList } from "./task-list.tsx";
import { type Title, useTitle } from "./title.ts";

const Trash = lazy("more", async () => (await import("./trash.tsx")).Trash);
const Settings = lazy("more", async () => (await import("./settings.tsx")).Settings);

/** @param isOut true while something lies over it */
export function Main({ isOut }: { readonly isOut: boolean }) {
  const page = usePage();
  const { screen, of } = page.route.value;
  const title = useTitle(titleOf());
  return (
    <main class="main" tabIndex={-1} inert={isOut}>
      {screen === "trash" && <Trash title={title} />}
      {screen === "settings" && <Settings title={title} part={of ?? ""} />}
      {screen !== "trash" && screen !== "settings" && <Tasks title={title} />}
    </main>
  );

  function titleOf(): string {
    if (screen === "trash") return t("nav.trash");
    return screen === "settings" ? t("nav.settings") : page.screen.value.title;
  }
}

function Tasks({ title }: { readonly title: Title }) {
  const page = usePage();
  const screen = page.screen.value;
  const isSearch = page.route.value.screen === "search";
  return (
    <>
      <div class="main-head">
        <h1 ref={title.ref} tabIndex={-1} dir="auto">
          {screen.title}
          {screen.subtitle && <small>{screen.subtitle}</small>}
        </h1>
        {screen.list && <ListMenu list={screen.list} />}
      </div>
      {isSearch && <SearchField />}
      {screen.add && <QuickAdd to={screen.add} />}
      {page.isLoading.value && <p class="empty quiet">{t("app.opening")}</p>}
      {screen.open === 0 && !page.isLoading.value && (
        <Empty kind={screen.empty} label={page.route.value.of ?? ""} />
      )}
      {screen.items.length > 0 && <TaskList />}
      <Many />
    </>
  );
}
