import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { locale, t } from "../text/text.ts";
import { mayMakeLists } from "../view/commands.ts";
import { usePage } from "../view/page.ts";
import { ExportButtons } from "./export-buttons.tsx";
import type { Imported, ImportProblem, PortableList } from "./format.ts";
import { type Here, hereOf, type Placed } from "./here.ts";
import { add, asNew, portableLists, readImport } from "./transfer.ts";

/** Of what was left out, the first are named: nobody reads more. */
const PROBLEMS_SHOWN_MAX = 20;

/** Everything as a file, and a file as lists. */
export function Transfer() {
  const page = usePage();
  const { work } = page;
  const result = useSignal<Imported | undefined>(undefined);
  const question = useSignal<Question | undefined>(undefined);
  const isBusy = useSignal(false);
  const chooser = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  return (
    <section class="section">
      <h2>{t("transfer.title")}</h2>
      <p class="quiet">{t("transfer.explain")}</p>
      <div class="bar">
        <ExportButtons lists={() => portableLists(work)} name="todos" />
        {mayMakeLists(page) && (
          <button type="button" class="button" ref={opener} disabled={isBusy.value} onClick={choose}>
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
      {question.value && <SomeAreHere {...question.value} answer={answered} />}
      <div role="status">
        {isBusy.value && <p>{t("transfer.reading")}</p>}
        {result.value && <Result imported={result.value} />}
      </div>
    </section>
  );

  function choose(): void {
    question.value = undefined;
    chooser.current?.click();
  }

  /** The same file may be chosen again. */
  async function take(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file === undefined) return;
    isBusy.value = true;
    result.value = undefined;
    const imported = await readImport(file);
    input.value = "";
    const here = hereOf(work, imported.lists);
    if (here.tasks > 0 || here.lists.length > 0) question.value = { imported, here };
    else await addAll(imported, asNew(work, imported.lists));
    isBusy.value = false;
  }

  async function answered(choice: "others" | "all" | "none"): Promise<void> {
    const asked = question.value;
    question.value = undefined;
    opener.current?.focus();
    if (asked === undefined || choice === "none") return;
    const { imported, here } = asked;
    isBusy.value = true;
    await addAll(imported, choice === "all" ? asNew(work, imported.lists) : here.others);
    isBusy.value = false;
  }

  async function addAll({ problems }: Imported, placed: readonly Placed[]): Promise<void> {
    if (await page.act(() => add(work, placed))) result.value = { lists: placed, problems };
  }
}

interface Question {
  readonly imported: Imported;
  readonly here: Here;
}

interface QuestionProps extends Question {
  readonly answer: (choice: "others" | "all" | "none") => void;
}

/** Before anything is added twice. */
function SomeAreHere({ imported, here, answer }: QuestionProps) {
  const place = useRef<HTMLDivElement>(null);
  const about = useId();
  useLayoutEffect(() => place.current?.focus(), []);
  const others = tasksIn(here.others);
  return (
    <div
      ref={place}
      class="ask"
      role="group"
      tabIndex={-1}
      aria-labelledby={about}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        answer("none");
      }}
    >
      <p id={about}>{hereText(tasksIn(imported.lists), here)}</p>
      <div class="bar">
        {here.others.length > 0 && (
          <button type="button" class="button button-main" onClick={() => answer("others")}>
            {here.tasks > 0 && others > 0
              ? t("transfer.here.others", { count: others })
              : t("transfer.here.lists.others")}
          </button>
        )}
        <button type="button" class="button" onClick={() => answer("all")}>
          {t("transfer.here.all")}
        </button>
        <button type="button" class="button" onClick={() => answer("none")}>
          {t("transfer.here.none")}
        </button>
      </div>
    </div>
  );
}

function hereText(all: number, here: Here): string {
  if (here.others.length === 0) return t("transfer.here.everything");
  if (here.tasks > 0) return t("transfer.here", { count: here.tasks, all });
  const names = new Intl.ListFormat(locale.value).format(
    here.lists.map((name) => t("transfer.quoted", { name })),
  );
  return t("transfer.here.lists", { count: here.lists.length, names });
}

function tasksIn(lists: readonly Pick<PortableList, "tasks">[]): number {
  return lists.reduce((sum, { tasks }) => sum + tasks.length, 0);
}

function Result({ imported: { lists, problems } }: { readonly imported: Imported }) {
  const count = tasksIn(lists);
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
