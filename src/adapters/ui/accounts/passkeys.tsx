import { useSignal } from "@preact/signals";
import type { Template } from "../api/types.ts";
import { t } from "../text/text.ts";
import { spokenTime } from "../view/dates.ts";
import { useConfirming } from "./again.tsx";
import { addPasskey, knowsPasskeys, wasGivenUp } from "./passkey.ts";
import { rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";

export function Passkeys({ work, me }: PartOf) {
  const { resource, problem, again } = useResource(work.api, me._links.passkeys);
  const { confirmed, dialog } = useConfirming(work);
  const name = useSignal("");
  const add = async (template: Template) => {
    try {
      await confirmed(() => addPasskey(work.api, template, name.value.trim()));
      name.value = "";
      await again();
    } catch (error) {
      if (!wasGivenUp(error)) throw error;
    }
  };
  const remove = async (template: Template) => {
    await confirmed(() => work.api.send(template));
    await again();
  };
  const template = knowsPasskeys() ? resource?._templates?.default : undefined;
  return (
    <Part title={t("accounts.passkeys")} about={t("accounts.passkeys.about")}>
      <Problem of={problem} />
      <ul class="entries">
        {rowsOf(resource, "passkeys").map((row) => (
          <Entry
            key={textOf(row, "id")}
            name={textOf(row, "name")}
            about={usedText(textOf(row, "lastUsedAt"))}
          >
            <ActButton
              template={row._templates?.delete}
              text={t("accounts.remove")}
              label={t("accounts.remove.name", { name: textOf(row, "name") })}
              sure={t("accounts.remove.sure")}
              act={remove}
            />
          </Entry>
        ))}
      </ul>
      {resource && !knowsPasskeys() && <p class="quiet">{t("accounts.passkeys.unknown")}</p>}
      {template && (
        <div class="bar">
          <label class="act-inline">
            <span>{t("accounts.passkeys.name")}</span>
            <input
              class="field"
              maxLength={200}
              value={name.value}
              placeholder={t("accounts.passkeys.example")}
              onInput={(event) => (name.value = event.currentTarget.value)}
            />
          </label>
          <ActButton template={template} text={t("accounts.passkeys.add")} act={add} />
        </div>
      )}
      {dialog}
    </Part>
  );
}

export function usedText(lastUsedAt: string): string {
  if (lastUsedAt === "") return t("accounts.unused");
  return t("accounts.used", { time: spokenTime(new Date(lastUsedAt)) });
}
