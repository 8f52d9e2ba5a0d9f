import type { Template } from "../api/types.ts";
import { t } from "../text/text.ts";
import { useConfirming } from "./again.tsx";
import { usedText } from "./passkeys.tsx";
import { rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";

/** Who one is at the provider, where the service has one. */
export function Identities({ work, me }: PartOf) {
  const { resource, problem, again } = useResource(work.api, me._links.identities);
  const { confirmed, dialog } = useConfirming(work);
  if (!me._links.identities) return null;
  const link = async (template: Template) => {
    const returnTo = `/${location.hash}`;
    const { body } = await confirmed(() => work.api.send(template, { return: returnTo }));
    location.assign(textOf(body, "url"));
  };
  const remove = async (template: Template) => {
    await confirmed(() => work.api.send(template));
    await again();
  };
  const add = resource?._templates?.default;
  return (
    <Part title={t("accounts.identities")} about={t("accounts.identities.about")}>
      <Problem of={problem} />
      <ul class="entries">
        {rowsOf(resource, "identities").map((row) => (
          <Entry
            key={textOf(row, "id")}
            name={`${textOf(row, "subject")} · ${textOf(row, "issuer")}`}
            about={usedText(textOf(row, "lastUsedAt"))}
          >
            <ActButton
              template={row._templates?.delete}
              text={t("accounts.remove")}
              label={t("accounts.remove.name", { name: textOf(row, "issuer") })}
              sure={t("accounts.remove.sure")}
              act={remove}
            />
          </Entry>
        ))}
      </ul>
      <ActButton template={add} text={add?.title ?? ""} act={link} />
      {dialog}
    </Part>
  );
}
