import type { Template } from "../api/types.ts";
import { t } from "../text/text.ts";
import { usedText } from "./passkeys.tsx";
import { rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";

/** Where the person is signed in. */
export function Sessions({ work, me }: PartOf) {
  const { resource, problem, again } = useResource(work.api, me._links.sessions);
  const end = async (template: Template) => {
    await work.api.send(template);
    await again();
  };
  return (
    <Part title={t("accounts.part.sessions")} about={t("accounts.sessions.about")}>
      <Problem of={problem} />
      <ul class="entries">
        {rowsOf(resource, "sessions").map((row) => {
          const isCurrent = row.current === true;
          const name = browserName(textOf(row, "agent"));
          return (
            <Entry
              key={textOf(row, "id")}
              name={name}
              about={isCurrent ? t("accounts.sessions.current") : usedText(textOf(row, "lastUsedAt"))}
            >
              <ActButton
                template={isCurrent ? undefined : row._templates?.delete}
                text={t("accounts.sessions.end")}
                label={t("accounts.sessions.end.name", { name })}
                act={end}
              />
            </Entry>
          );
        })}
      </ul>
    </Part>
  );
}

const BROWSERS = ["Firefox", "Edg", "OPR", "Chrome", "Safari"] as const;
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"] as const;
const NAMES: Readonly<Record<string, string>> = { Edg: "Edge", OPR: "Opera", "Mac OS": "macOS" };

/** As far as what a browser calls itself can be read; else as it stands. */
export function browserName(agent: string): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find((name) => agent.includes(name)));
  const known = [browser, system].flatMap((name) => (name === undefined ? [] : [NAMES[name] ?? name]));
  return known.join(" · ") || agent || t("accounts.sessions.unknown");
}
