import { useSignal } from "@preact/signals";
import type { Resource, Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { spokenTime } from "../view/dates.ts";
import { nameOf } from "../view/screens.ts";
import type { ListRow, Workspace } from "../workspace/types.ts";
import { ActForm } from "./act-form.tsx";
import { memberRoleKey } from "./invitations.tsx";
import { Modal } from "./modal.tsx";
import { utc } from "./new-token.tsx";
import { rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import { ShownOnce } from "./shown-once.tsx";

interface ShareDialogProps {
  readonly work: Workspace;
  readonly list: ListRow;
  readonly close: () => void;
}

/** Who has a list, as far as the caller may see and change it. */
export function ShareDialog({ work, list, close }: ShareDialogProps) {
  const { resource, problem, again } = useResource(work.api, list.resource?._links.self);
  const { invite, link, give, leave } = resource?._templates ?? {};
  const shown = { work, list: resource, again };
  const sendAway = async (template: Template) => {
    await work.api.send(template);
    close();
    // Nobody tells who is out of a list: it is compared now.
    await work.signedIn();
  };
  return (
    <Modal title={t("accounts.share.title", { name: nameOf(list) })} close={close}>
      <Problem of={problem} />
      {resource?._links.members && <Members {...shown} invite={invite} give={give} />}
      {link && <Links {...shown} template={link} />}
      <ActButton
        template={leave}
        text={t("accounts.leave")}
        sure={t("accounts.leave.sure")}
        isDanger
        act={sendAway}
      />
    </Modal>
  );
}

interface ListProps {
  readonly work: Workspace;
  readonly list: Resource | undefined;
  readonly again: () => Promise<void>;
}

interface MembersProps extends ListProps {
  readonly invite: Template | undefined;
  readonly give: Template | undefined;
}

function Members({ work, list, again: listAgain, invite, give }: MembersProps) {
  const { resource, problem, again } = useResource(work.api, list?._links.members);
  const said = useSignal("");
  const round = useSignal(0);
  const send = (values: Values) => async (template: Template) => {
    await work.api.send(template, values);
    await Promise.all([again(), listAgain()]);
  };
  const ask = async (values: Values) => {
    if (!invite) return;
    await work.api.send(invite, values);
    said.value = t("accounts.invited", { login: String(values.login) });
    round.value = round.peek() + 1;
  };
  return (
    <Part title={t("accounts.members")}>
      <Problem of={problem} />
      <ul class="entries">
        {rowsOf(resource, "members").map((member) => (
          <Member key={textOf(member, "login")} member={member} give={give} send={send} />
        ))}
      </ul>
      {invite && (
        <ActForm
          key={round.value}
          template={invite}
          fields={[
            { name: "login", label: t("accounts.invite.login") },
            { name: "role", label: t("accounts.role"), choices: memberRoles() },
          ]}
          submit={t("accounts.invite")}
          act={ask}
        >
          <span role="status" class="quiet">
            {said.value}
          </span>
        </ActForm>
      )}
    </Part>
  );
}

interface MemberProps {
  readonly member: Resource;
  readonly give: Template | undefined;
  readonly send: (values: Values) => (template: Template) => Promise<void>;
}

function Member({ member, give, send }: MemberProps) {
  const { default: change, delete: remove } = member._templates ?? {};
  const [login, name, role] = [textOf(member, "login"), textOf(member, "name"), textOf(member, "role")];
  const other = role === "editor" ? "viewer" : "editor";
  return (
    <Entry name={name} about={`${login} · ${t(memberRoleKey(role))}`}>
      <ActButton
        template={change}
        text={t(`accounts.make.${other}`)}
        label={t(`accounts.make.${other}.name`, { name })}
        act={send({ role: other })}
      />
      <ActButton
        template={change && give}
        text={t("accounts.give")}
        label={t("accounts.give.name", { name })}
        sure={t("accounts.give.sure")}
        act={send({ login })}
      />
      <ActButton
        template={remove}
        text={t("accounts.remove")}
        label={t("accounts.remove.name", { name })}
        sure={t("accounts.remove.sure")}
        isDanger
        act={send({})}
      />
    </Entry>
  );
}

function memberRoles() {
  return (["editor", "viewer"] as const).map((value) => ({ value, label: t(memberRoleKey(value)) }));
}

function Links({ work, list, template }: ListProps & { readonly template: Template }) {
  const { resource, problem, again } = useResource(work.api, list?._links.links);
  const made = useSignal<Resource | undefined>(undefined);
  const url = textOf(made.value, "url");
  const make = async ({ expiresAt, ...values }: Values) => {
    const end = expiresAt ? { expiresAt: utc(String(expiresAt)) } : {};
    made.value = (await work.api.send(template, { ...values, ...end })).body;
    await again();
  };
  const revoke = (id: string) => async (form: Template) => {
    await work.api.send(form);
    if (id === textOf(made.value, "id")) made.value = undefined;
    await again();
  };
  return (
    <Part title={t("accounts.links")} about={t("accounts.links.about")}>
      <Problem of={problem} />
      <ul class="entries">
        {rowsOf(resource, "links").map((row) => {
          const [id, name] = [textOf(row, "id"), textOf(row, "name") || t("accounts.links.unnamed")];
          return (
            <Entry key={id} name={name} about={aboutLink(row)}>
              <ActButton
                template={row._templates?.revoke}
                text={t("accounts.revoke")}
                label={t("accounts.revoke.name", { name })}
                sure={t("accounts.revoke.sure")}
                isDanger
                act={revoke(id)}
              />
            </Entry>
          );
        })}
      </ul>
      {url && <ShownOnce label={t("accounts.links.url")} about={t("accounts.links.url.about")} text={url} />}
      <ActForm
        key={url}
        template={template}
        fields={[
          { name: "name", label: t("accounts.links.name"), required: false },
          { name: "role", label: t("accounts.links.role"), choices: memberRoles().toReversed() },
          { name: "expiresAt", label: t("accounts.expires"), type: "datetime-local" },
        ]}
        submit={t("accounts.links.make")}
        act={make}
      />
    </Part>
  );
}

function aboutLink(row: Resource): string {
  const role = t(memberRoleKey(textOf(row, "role")));
  const expiresAt = textOf(row, "expiresAt");
  return expiresAt === ""
    ? role
    : `${role} · ${t("accounts.ends", { time: spokenTime(new Date(expiresAt)) })}`;
}
