import { useSignal } from "@preact/signals";
import { KeyRound } from "lucide";
import type { Api, Template, Templates, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { Icon } from "../view/icons.tsx";
import { ActForm, type FieldSpec } from "./act-form.tsx";
import { knowsPasskeys, signInByPasskey, wasGivenUp } from "./passkey.ts";
import { hasCode, problemText } from "./problems.ts";
import { asQuery } from "./resources.ts";

interface SignInProps {
  readonly api: Api;
  /** Those that sign in: of the root, or of who somebody is. */
  readonly templates: Templates;
  /** Path of the page to come back to from a provider. */
  readonly returnTo: string;
  readonly done: () => Promise<void>;
}

/** Every way in that the service offers. */
export function SignIn({ api, templates, returnTo, done }: SignInProps) {
  const { "sign-in": password, "sign-in-passkey": passkey, "sign-in-oidc": provider } = templates;
  const { "second-factor": secondFactor } = templates;
  if (secondFactor) return <SecondStep api={api} template={secondFactor} done={done} />;
  return (
    <div class="ways-in">
      {password && <Password api={api} template={password} done={done} />}
      {(passkey || provider) && <p class="ways-or">{t("accounts.or")}</p>}
      {passkey && knowsPasskeys() && <Passkey api={api} template={passkey} done={done} />}
      {provider && (
        <a class="button" href={asQuery(provider, { return: returnTo }).target}>
          {provider.title}
        </a>
      )}
    </div>
  );
}

type WayProps = Pick<SignInProps, "api" | "done"> & { readonly template: Template };

/** Where the service asks for a code, a field for it is added, and what was typed stays. */
function Password({ api, template, done }: WayProps) {
  const needsCode = useSignal(false);
  const login = template.properties.find(({ name }) => name === "login")?.value;
  const fields: readonly FieldSpec[] = [
    { name: "login", label: t("accounts.login"), autocomplete: "username", value: login },
    {
      name: "password",
      label: t("accounts.password"),
      type: "password",
      autocomplete: "current-password",
    },
    ...(needsCode.value ? [codeField()] : []),
  ];
  const act = async (values: Values) => {
    try {
      await api.send(template, values);
    } catch (error) {
      if (!hasCode(error, "second-factor-required")) throw error;
      needsCode.value = true;
      focusCode();
      return;
    }
    await done();
  };
  return <ActForm template={template} fields={fields} submit={t("accounts.signIn")} act={act} focusFirst />;
}

function codeField(): FieldSpec {
  return {
    name: "code",
    label: t("accounts.code"),
    autocomplete: "one-time-code",
    hint: t("accounts.code.hint"),
    required: true,
  };
}

/** It is not there before the next drawing. */
function focusCode(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("input[name=code]")?.focus());
}

/** After a sign-in at a provider that was not enough. */
function SecondStep({ api, template, done }: WayProps) {
  const act = async (values: Values) => {
    await api.send(template, values);
    await done();
  };
  return (
    <ActForm template={template} fields={[codeField()]} submit={t("accounts.confirm")} act={act} focusFirst />
  );
}

function Passkey({ api, template, done }: WayProps) {
  const problem = useSignal("");
  const start = async () => {
    problem.value = "";
    try {
      await signInByPasskey(api, template);
      await done();
    } catch (error) {
      if (!wasGivenUp(error)) problem.value = problemText(error);
    }
  };
  return (
    <>
      <button type="button" class="button" onClick={start}>
        <Icon node={KeyRound} />
        {t("accounts.signIn.passkey")}
      </button>
      {problem.value !== "" && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </>
  );
}
