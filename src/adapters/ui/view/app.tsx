import { useMemo } from "preact/hooks";
import { isAtDoor } from "../accounts/at-door.ts";
import { t } from "../text/text.ts";
import type { Workspace } from "../workspace/types.ts";
import { lazy } from "./lazy.tsx";
import { createPage, PageProvider } from "./page.ts";
import { Shell } from "./shell.tsx";

const Door = lazy("accounts", async () => (await import("../accounts/door.tsx")).Door);

/** The whole page: what stands in it depends on whether there is anything to show yet. */
export function App({ work }: { readonly work: Workspace | undefined }) {
  const state = work?.state.value;
  if (work !== undefined && state === "elsewhere") return <Elsewhere work={work} />;
  if (work !== undefined && isAtDoor(work)) return <Door work={work} />;
  if (work !== undefined && state === "ready") return <Ready work={work} />;
  return (
    <main class="empty">
      <h1 class="hidden">{t("app.name")}</h1>
      <p role="status">{t(state === "unreachable" ? "app.unreachable" : "app.opening")}</p>
    </main>
  );
}

function Ready({ work }: { readonly work: Workspace }) {
  const page = useMemo(() => createPage(work), [work]);
  return (
    <PageProvider value={page}>
      <Shell />
    </PageProvider>
  );
}

/** A page may only read what is of its own origin, so all it can do is to lead there. */
function Elsewhere({ work }: { readonly work: Workspace }) {
  const href = work.root.value?._links.self?.href ?? "";
  return (
    <main class="empty">
      <p>{t("app.elsewhere")}</p>
      <p>
        <a class="button button-main" href={href}>
          {t("app.elsewhere.go")}
        </a>
      </p>
    </main>
  );
}
