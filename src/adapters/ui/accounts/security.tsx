import { useSignal } from "@preact/signals";
import type { Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { ActForm } from "./act-form.tsx";
import { newPasswordField } from "./door.tsx";
import { Identities } from "./identities.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Part } from "./rows.tsx";
import { SecondFactor } from "./second-factor.tsx";
import type { PartOf } from "./settings-part.ts";

/** How the person gets in. */
export function Security(props: PartOf) {
  return (
    <>
      <Password {...props} />
      <Passkeys {...props} />
      <SecondFactor {...props} />
      <Identities {...props} />
    </>
  );
}

function Password({ work, me, again }: PartOf) {
  const { password: template } = me._templates ?? {};
  const said = useSignal("");
  /** A new form each time: what was typed does not stay. */
  const round = useSignal(0);
  if (!template) return null;
  const act = async (values: Values) => {
    await work.api.send(template, values);
    said.value = t("accounts.password.changed");
    round.value = round.peek() + 1;
    await again();
  };
  return (
    <Part title={t("accounts.password")}>
      <ActForm
        key={round.value}
        template={template}
        fields={[
          {
            name: "current",
            label: t("accounts.password.current"),
            type: "password",
            autocomplete: "current-password",
          },
          newPasswordField(t("accounts.password.new")),
        ]}
        submit={t("accounts.password.change")}
        act={act}
      >
        <span role="status" class="quiet">
          {said.value}
        </span>
      </ActForm>
    </Part>
  );
}
