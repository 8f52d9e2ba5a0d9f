import { useSignal } from "@preact/signals";
import type { Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { ActForm } from "./act-form.tsx";
import { useConfirming } from "./again.tsx";
import { QrCode } from "./qr-code.tsx";
import { textOf, useResource } from "./resources.ts";
import { ActButton, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";
import { ShownOnce } from "./shown-once.tsx";

interface Secret {
  readonly secret: string;
  readonly url: string;
}

/** An authenticator app: a secret for it, a code to show that it has it, recovery codes. */
export function SecondFactor({ work, me }: PartOf) {
  const { resource, problem, again } = useResource(work.api, me._links.totp);
  const { confirmed, dialog } = useConfirming(work);
  const secret = useSignal<Secret | undefined>(undefined);
  const codes = useSignal<readonly string[] | undefined>(undefined);
  const { default: begin, confirm, delete: remove } = resource?._templates ?? {};
  const start = async (template: Template) => {
    const { body } = await confirmed(() => work.api.send(template));
    secret.value = { secret: textOf(body, "secret"), url: textOf(body, "url") };
  };
  const turnOn = async (values: Values) => {
    if (!confirm) return;
    const { body } = await confirmed(() => work.api.send(confirm, values));
    secret.value = undefined;
    codes.value = (body?.recoveryCodes ?? []) as readonly string[];
    await again();
  };
  const turnOff = async (template: Template) => {
    await confirmed(() => work.api.send(template));
    codes.value = undefined;
    await again();
  };
  return (
    <Part title={t("accounts.totp")} about={t("accounts.totp.about")}>
      <Problem of={problem} />
      {resource?.enabled === true && (
        <p>{t("accounts.totp.on", { count: Number(resource.recoveryCodesLeft) })}</p>
      )}
      {codes.value && (
        <ShownOnce
          label={t("accounts.totp.codes")}
          about={t("accounts.totp.codes.about")}
          text={codes.value.join("\n")}
        />
      )}
      {!secret.value && <ActButton template={begin} text={t("accounts.totp.begin")} act={start} />}
      {secret.value && confirm && <Scan secret={secret.value} template={confirm} act={turnOn} />}
      <ActButton
        template={remove}
        text={t("accounts.totp.off")}
        sure={t("accounts.totp.off.sure")}
        isDanger
        act={turnOff}
      />
      {dialog}
    </Part>
  );
}

interface ScanProps {
  readonly secret: Secret;
  readonly template: Template;
  readonly act: (values: Values) => Promise<void>;
}

function Scan({ secret, template, act }: ScanProps) {
  return (
    <>
      <p>{t("accounts.totp.scan")}</p>
      <QrCode text={secret.url} name={t("accounts.totp.qr")} />
      <p>
        {t("accounts.totp.type")} <code class="secret">{spaced(secret.secret)}</code>
      </p>
      <ActForm
        template={template}
        fields={[
          { name: "code", label: t("accounts.code.app"), autocomplete: "one-time-code", required: true },
        ]}
        submit={t("accounts.totp.confirm")}
        act={act}
        focusFirst
      />
    </>
  );
}

/** In groups of four, as people type it. */
function spaced(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
