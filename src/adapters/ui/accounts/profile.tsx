import { useSignal } from "@preact/signals";
import type { Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { ActForm } from "./act-form.tsx";
import { textOf } from "./resources.ts";
import { Part } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";
import { SignOut } from "./sign-out.tsx";

export function Profile({ work, me, again }: PartOf) {
  const { default: template } = me._templates ?? {};
  const said = useSignal("");
  const isLeaving = useSignal(false);
  const act = async (values: Values) => {
    if (template) await work.api.send(template, values);
    await again();
    await work.signedIn();
    said.value = t("accounts.saved");
  };
  return (
    <Part
      title={textOf(me, "name")}
      about={t("accounts.signedInAs", { login: textOf(me, "login"), role: t(roleKey(textOf(me, "role"))) })}
    >
      {template && (
        <ActForm
          template={template}
          fields={[
            {
              name: "name",
              label: t("accounts.name"),
              autocomplete: "name",
              value: textOf(me, "name"),
              required: true,
            },
          ]}
          submit={t("app.save")}
          act={act}
        >
          <span role="status" class="quiet">
            {said.value}
          </span>
        </ActForm>
      )}
      <div class="bar">
        <button type="button" class="button" onClick={() => (isLeaving.value = true)}>
          {t("accounts.signOut")}
        </button>
      </div>
      {isLeaving.value && <SignOut work={work} close={() => (isLeaving.value = false)} />}
    </Part>
  );
}

export function roleKey(role: string) {
  return role === "admin" ? "accounts.role.admin" : "accounts.role.user";
}
