import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Link, Resource, Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { ActForm } from "./act-form.tsx";
import { roleKey } from "./profile.tsx";
import { rowsOf, textOf } from "./resources.ts";
import { Entry, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";
import { ShownOnce } from "./shown-once.tsx";
import { aboutUser, UserDialog } from "./user-dialog.tsx";

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
  const users = pages.value.flatMap((page) => rowsOf(page, "users"));
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
        {users.map((user) => (
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
          heirs={heirsOf(opened.value, me, users)}
          changed={again}
          close={() => (opened.value = undefined)}
        />
      )}
    </Part>
  );
}

/** Who is here and not locked out; of those, the admin who asks first. */
function heirsOf(removed: Resource, me: Resource, users: readonly Resource[]): readonly Resource[] {
  const others = users.filter((user) => user.disabled !== true && user.id !== me.id);
  return [me, ...others].filter((user) => user.id !== removed.id);
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
