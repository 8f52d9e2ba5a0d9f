import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { mayMakeLists } from "../view/commands.ts";
import { usePage } from "../view/page.ts";
import { ExportButtons } from "./export-buttons.tsx";
import type { Imported, ImportProblem } from "./format.ts";
import { addLists, portableLists, readImport } from "./transfer.ts";

/** Of what was left out, the first are named: nobody reads more. */
const PROBLEMS_SHOWN_MAX = 20;

/** Everything as a file, and a file as lists. */
export function Transfer() {
  const page = usePage();
  const { work } = page;
  const result = useSignal<Imported | undefined>(undefined);
  const isBusy = useSignal(false);
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <section class="section">
      <h2>{t("transfer.title")}</h2>
      <p class="quiet">{t("transfer.explain")}</p>
      <div class="bar">
        <ExportButtons lists={() => portableLists(work)} name="todos" />
        {mayMakeLists(page) && (
          <button
            type="button"
            class="button"
            disabled={isBusy.value}
            onClick={() => chooser.current?.click()}
          >
            {t("transfer.import")}
          </button>
        )}
        <input
          ref={chooser}
          type="file"
          hidden
          accept=".json,.md,.markdown,.txt,application/json,text/markdown,text/plain"
          aria-label={t("transfer.import")}
          onChange={(event) => void take(event.currentTarget)}
        />
      </div>
      <div role="status">
        {isBusy.value && <p>{t("transfer.reading")}</p>}
        {result.value && <Result imported={result.value} />}
      </div>
    </section>
  );

  /** The same file may be chosen again. */
  async function take(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file === undefined) return;
    isBusy.value = true;
    result.value = undefined;
    const imported = await readImport(file);
    const isDone = await page.act(() => addLists(work, imported.lists));
    if (isDone) result.value = imported;
    input.value = "";
    isBusy.value = false;
  }
}

function Result({ imported: { lists, problems } }: { readonly imported: Imported }) {
  const count = lists.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const [only] = problems;
  if (lists.length === 0 && only !== undefined) return <p>{problemText(only)}</p>;
  return (
    <>
      <p>{t("transfer.done", { count, lists: t("transfer.lists", { count: lists.length }) })}</p>
      {problems.length > 0 && (
        <>
          <p>{t("transfer.left", { count: problems.length })}</p>
          <ul>
            {problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => (
              <li key={`${problem.where} ${problem.member}`}>{problemText(problem)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function problemText({ reason, where = "", member = "" }: ImportProblem): string {
  return t(`transfer.problem.${reason}`, { where, member });
}
