import { useSignal } from "@preact/signals";
import type { Resource, Template } from "../api/types.ts";
import { t } from "../text/text.ts";
import { spokenTime } from "../view/dates.ts";
import { nameOf } from "../view/screens.ts";
import type { Workspace } from "../workspace/types.ts";
import { NewToken } from "./new-token.tsx";
import { usedText } from "./passkeys.tsx";
import { rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";
import { ShownOnce } from "./shown-once.tsx";

/** For programs. */
export function Tokens({ work, me }: PartOf) {
  const { resource, problem, again } = useResource(work.api, me._links.tokens);
  const secret = useSignal<string | undefined>(undefined);
  const template = resource?._templates?.default;
  const revoke = async (form: Template) => {
    await work.api.send(form);
    await again();
  };
  const made = async (text: string) => {
    secret.value = text;
    await again();
  };
  return (
    <Part title={t("accounts.part.tokens")} about={t("accounts.tokens.about")}>
      <Problem of={problem} />
      <ul class="entries">
        {rowsOf(resource, "tokens").map((row) => (
          <Entry key={textOf(row, "id")} name={textOf(row, "name")} about={aboutToken(row, work)}>
            <ActButton
              template={row._templates?.revoke}
              text={t("accounts.revoke")}
              label={t("accounts.revoke.name", { name: textOf(row, "name") })}
              sure={t("accounts.revoke.sure")}
              act={revoke}
            />
          </Entry>
        ))}
      </ul>
      {secret.value && (
        <ShownOnce
          label={t("accounts.tokens.secret")}
          about={t("accounts.tokens.secret.about")}
          text={secret.value}
        />
      )}
      {template && <NewToken key={secret.value} template={template} work={work} made={made} />}
    </Part>
  );
}

/** What it may do, where, and until when. */
function aboutToken(row: Resource, work: Workspace): string {
  const scopes = (row.scopes as readonly ("read" | "write" | "admin")[]).map((scope) =>
    t(`accounts.scope.${scope}`),
  );
  const expiresAt = textOf(row, "expiresAt");
  const end = expiresAt === "" ? [] : [t("accounts.ends", { time: spokenTime(new Date(expiresAt)) })];
  const only = row.checklists as readonly string[] | undefined;
  const lists = only === undefined ? [] : [t("accounts.tokens.only", { lists: namesOf(only, work) })];
  return [scopes.join(", "), ...lists, usedText(textOf(row, "lastUsedAt")), ...end].join(" · ");
}

/** A list that the person does not have any more is counted, as nothing is known of it. */
function namesOf(ids: readonly string[], work: Workspace): string {
  const known = work.lists.value.filter(({ id }) => id !== undefined && ids.includes(id));
  const gone = ids.length - known.length;
  const others = gone === 0 ? [] : [t("accounts.tokens.gone", { count: gone })];
  return [...known.map(nameOf), ...others].join(", ");
}
