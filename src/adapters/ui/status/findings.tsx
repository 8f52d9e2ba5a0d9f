import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../text/text.ts";
import { Part } from "./parts.tsx";
import type { Finding } from "./source.ts";

/** What `todos doctor` would say on the host; the worst first. */
export function Findings({ ask }: { readonly ask: () => Promise<readonly Finding[]> }) {
  const findings = useSignal<readonly Finding[]>([]);
  const problem = useSignal("");
  useEffect(() => {
    ask().then(
      (found) => {
        findings.value = found.toSorted((a, b) => RANKS[a.result] - RANKS[b.result]);
      },
      (error: unknown) => {
        problem.value = String(error);
      },
    );
  }, []);
  return (
    <Part title={t("status.doctor")} about={t("status.doctor.about")}>
      {problem.value !== "" && <p class="problem">{problem.value}</p>}
      <ul class="entries">
        {findings.value.map(({ check, result, message, advice }) => (
          <li key={check}>
            <span class="status-word" data-status={result}>
              {t(`status.result.${result}`)}
            </span>
            <div class="grow">
              <span>{`${check}: ${message}`}</span>
              {advice && <small>{advice}</small>}
            </div>
          </li>
        ))}
      </ul>
    </Part>
  );
}

const RANKS = { fail: 0, warn: 1, ok: 2 } as const;
