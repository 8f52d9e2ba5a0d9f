import { useSignal } from "@preact/signals";
import type { Resource, Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { spokenTime } from "../view/dates.ts";
import { ActForm } from "./act-form.tsx";
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
          <Entry key={textOf(row, "id")} name={textOf(row, "name")} about={aboutToken(row)}>
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

function aboutToken(row: Resource): string {
  const scopes = (row.scopes as readonly string[]).join(", ");
  const expiresAt = textOf(row, "expiresAt");
  const end = expiresAt === "" ? [] : [t("accounts.ends", { time: spokenTime(new Date(expiresAt)) })];
  return [scopes, usedText(textOf(row, "lastUsedAt")), ...end].join(" · ");
}

const SCOPES = ["read", "write", "admin"] as const;

interface NewTokenProps {
  readonly template: Template;
  readonly work: PartOf["work"];
  readonly made: (secret: string) => Promise<void>;
}

function NewToken({ template, work, made }: NewTokenProps) {
  const chosen = useSignal<readonly string[]>(["read"]);
  const isAdmin = work.me.value?.isAdmin === true;
  const act = async ({ name, expiresAt }: Values) => {
    const values = {
      name,
      scopes: chosen.value,
      ...(expiresAt ? { expiresAt: utc(String(expiresAt)) } : {}),
    };
    const { body } = await work.api.send(template, values);
    await made(textOf(body, "secret"));
  };
  const choose = (scope: string, isOn: boolean) => {
    const others = chosen.peek().filter((each) => each !== scope);
    chosen.value = isOn ? [...others, scope] : others;
  };
  return (
    <>
      <fieldset class="choice">
        <legend>{t("accounts.tokens.scopes")}</legend>
        {SCOPES.filter((scope) => scope !== "admin" || isAdmin).map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={chosen.value.includes(scope)}
              onChange={(event) => choose(scope, event.currentTarget.checked)}
            />
            {t(`accounts.scope.${scope}`)}
          </label>
        ))}
      </fieldset>
      <ActForm
        template={template}
        fields={[
          { name: "name", label: t("accounts.tokens.name") },
          { name: "expiresAt", label: t("accounts.expires"), type: "datetime-local" },
        ]}
        submit={t("accounts.tokens.make")}
        act={act}
      />
    </>
  );
}

/** What a field for a moment gives is local time. */
export function utc(local: string): string {
  return new Date(local).toISOString();
}
