import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Link, Resource, Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { ActForm } from "./act-form.tsx";
import { Modal } from "./modal.tsx";
import { roleKey } from "./profile.tsx";
import { asQuery, hrefOf, rowsOf, textOf, useResource } from "./resources.ts";
import { ActButton, Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";
import { ShownOnce } from "./shown-once.tsx";

/** Who has an account; for admins. */
export function Users({ work, me }: PartOf) {
  const first = me._links.users;
  const pages = useSignal<readonly Resource[]>([]);
  const problem = useSignal<unknown>(undefined);
  const link = useSignal<string | undefined>(undefined);
  const opened = useSignal<Resource | undefined>(undefined);
  const load = async (from: Link | undefined, before: readonly Resource[]) => {
    if (!from) return;
    try {
      const { body } = await work.api.get(from);
      pages.value = body ? [...before, body] : before;
      problem.value = undefined;
    } catch (error) {
      problem.value = error;
    }
  };
  const again = () => load(first, []);
  useEffect(() => {
    void again();
  }, [first?.href]);
  const template = pages.value[0]?._templates?.default;
  const next = pages.value.at(-1)?._links.next;
  const invite = async (values: Values) => {
    if (!template) return;
    const { body } = await work.api.send(template, values);
    link.value = textOf(body, "url");
    await again();
  };
  return (
    <Part title={t("accounts.part.users")} about={t("accounts.users.about")}>
      <Problem of={problem.value} />
      <ul class="entries">
        {pages.value
          .flatMap((page) => rowsOf(page, "users"))
          .map((user) => (
            <Entry key={textOf(user, "id")} name={textOf(user, "name")} about={aboutUser(user)}>
              <button
                type="button"
                class="button"
                aria-label={t("accounts.users.change.name", { name: textOf(user, "login") })}
                onClick={() => (opened.value = user)}
              >
                {t("accounts.users.change")}
              </button>
            </Entry>
          ))}
      </ul>
      {next && (
        <button type="button" class="button" onClick={() => load(next, pages.value)}>
          {t("accounts.more")}
        </button>
      )}
      {link.value && (
        <ShownOnce
          label={t("accounts.users.link")}
          about={t("accounts.users.link.about")}
          text={link.value}
        />
      )}
      {template && <NewUser key={link.value} template={template} invite={invite} />}
      {opened.value && (
        <UserDialog
          work={work}
          user={opened.value}
          heir={textOf(me, "id")}
          changed={again}
          close={() => (opened.value = undefined)}
        />
      )}
    </Part>
  );
}

function aboutUser(user: Resource): string {
  const states = [
    ...(user.disabled === true ? [t("accounts.users.disabled")] : []),
    ...(user.invited === true ? [t("accounts.users.invited")] : []),
  ];
  return [textOf(user, "login"), t(roleKey(textOf(user, "role"))), ...states].join(" · ");
}

interface NewUserProps {
  readonly template: Template;
  readonly invite: (values: Values) => Promise<void>;
}

function NewUser({ template, invite }: NewUserProps) {
  return (
    <ActForm
      template={template}
      fields={[
        { name: "login", label: t("accounts.login"), hint: t("accounts.login.hint") },
        { name: "name", label: t("accounts.name"), hint: t("accounts.name.hint") },
        { name: "role", label: t("accounts.role"), choices: roleChoices() },
      ]}
      submit={t("accounts.users.invite")}
      act={invite}
    />
  );
}

function roleChoices() {
  return (["user", "admin"] as const).map((value) => ({ value, label: t(roleKey(value)) }));
}

interface UserDialogProps {
  readonly work: PartOf["work"];
  readonly user: Resource;
  /** Id of who gets the lists of a removed user: the admin. */
  readonly heir: string;
  readonly changed: () => Promise<void>;
  readonly close: () => void;
}

/** What an admin may do with the user is what its own address says. */
function UserDialog({ work, user, heir, changed, close }: UserDialogProps) {
  const { resource, problem, again } = useResource(work.api, hrefOf(user));
  const { default: change, delete: remove, give } = resource?._templates ?? {};
  const send = (values: Values) => async (template: Template) => {
    await work.api.send(template, values);
    await Promise.all([again(), changed()]);
  };
  const sendAway = (values: Values) => async (template: Template) => {
    await work.api.send(asQuery(template, values));
    close();
    await changed();
  };
  const isDisabled = resource?.disabled === true;
  const role = textOf(resource, "role") === "admin" ? "user" : "admin";
  return (
    <Modal title={textOf(user, "login")} close={close}>
      <Problem of={problem} />
      {resource && <p class="quiet">{aboutUser(resource)}</p>}
      <div class="acts">
        <ActButton template={change} text={t(`accounts.users.make.${role}`)} act={send({ role })} />
        <ActButton
          template={change}
          text={t(isDisabled ? "accounts.users.enable" : "accounts.users.disable")}
          act={send({ disabled: !isDisabled })}
        />
        <ActButton
          template={give}
          text={t("accounts.users.give")}
          sure={t("accounts.users.remove.sure")}
          isDanger
          act={sendAway({ lists: heir })}
        />
        <ActButton
          template={remove}
          text={t("accounts.users.remove")}
          sure={t("accounts.users.remove.sure")}
          isDanger
          act={sendAway({})}
        />
      </div>
    </Modal>
  );
}
