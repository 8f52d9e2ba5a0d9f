import { useEffect } from "preact/hooks";
import type { Resource, Template } from "../api/types.ts";
import { t } from "../text/text.ts";
import { invited } from "./invited.tsx";
import { rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";

/** To lists of others. */
export function Invitations({ work, me }: PartOf) {
  const { resource, problem, again } = useResource(work.api, me._links.invitations);
  const answer = async (template: Template) => {
    await work.api.send(template);
    // Nobody tells who is in a list: it is compared now.
    await Promise.all([again(), work.signedIn()]);
  };
  const invitations = rowsOf(resource, "invitations");
  useEffect(() => {
    if (resource) invited.value = invitations.length;
  }, [resource]);
  return (
    <Part title={t("accounts.part.invitations")} about={t("accounts.invitations.about")}>
      <Problem of={problem} />
      {resource && invitations.length === 0 && <p class="quiet">{t("accounts.invitations.none")}</p>}
      <ul class="entries">
        {invitations.map((row) => {
          const list = textOf(row.checklist as Resource, "name");
          const by = textOf(row.invitedBy as Resource, "name");
          return (
            <Entry
              key={textOf(row, "id")}
              name={list}
              about={t("accounts.invitations.by", { name: by, role: t(memberRoleKey(textOf(row, "role"))) })}
            >
              <ActButton
                template={row._templates?.default}
                text={t("accounts.accept")}
                label={t("accounts.accept.name", { name: list })}
                isMain
                act={answer}
              />
              <ActButton
                template={row._templates?.delete}
                text={t("accounts.decline")}
                label={t("accounts.decline.name", { name: list })}
                act={answer}
              />
            </Entry>
          );
        })}
      </ul>
    </Part>
  );
}

export function memberRoleKey(role: string) {
  if (role === "owner") return "accounts.role.owner";
  return role === "editor" ? "accounts.role.editor" : "accounts.role.viewer";
}
