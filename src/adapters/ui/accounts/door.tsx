import { useSignal } from "@preact/signals";
import { CircleCheckBig } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Api, Resource, Template, Values } from "../api/types.ts";
import { startUrl } from "../shell/start.ts";
import { t } from "../text/text.ts";
import { Icon } from "../view/icons.tsx";
import type { Workspace } from "../workspace/types.ts";
import { ActForm, type FieldSpec } from "./act-form.tsx";
import { problemNamed, problemText } from "./problems.ts";
import { textOf, useResource } from "./resources.ts";
import { SignIn } from "./sign-in.tsx";

/** What the address says that a link led here: which one, or what went wrong. */
interface Arrival {
  readonly at: string | undefined;
  readonly problem: string | undefined;
}

export function arrivalIn(hash: string): Arrival {
  const [path = "", query = ""] = hash.split("?");
  const params = new URLSearchParams(query);
  return {
    at: path === "#/link" ? (params.get("at") ?? undefined) : undefined,
    problem: params.get("problem") ?? undefined,
  };
}

/** Where somebody is nobody yet: set-up, sign-in, and what links lead to. */
export function Door({ work }: { readonly work: Workspace }) {
  const arrival = useSignal(arrivalIn(location.hash));
  const done = async () => {
    history.replaceState(null, "", "#/");
    arrival.value = { at: undefined, problem: undefined };
    dispatchEvent(new HashChangeEvent("hashchange"));
    await work.signedIn();
  };
  const { at, problem } = arrival.value;
  if (at !== undefined) return <Link api={work.api} at={at} done={done} />;
  return <Entrance api={work.api} problem={problem} done={done} />;
}

interface StepProps {
  readonly api: Api;
  readonly done: () => Promise<void>;
}

function Entrance({ api, problem, done }: StepProps & { readonly problem: string | undefined }) {
  const { resource: root, problem: failed, again } = useResource(api, startUrl());
  if (failed !== undefined) return <Failed reason={problemText(failed)} again={again} />;
  if (root === undefined) return null;
  const templates = root._templates ?? {};
  const { "set-up": setUp } = templates;
  if (setUp) return <SetUp api={api} template={setUp} done={done} />;
  return (
    <Frame title={templates["second-factor"] ? t("accounts.confirm.title") : t("accounts.signIn.title")}>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problemNamed(problem)}
        </p>
      )}
      <SignIn api={api} templates={templates} returnTo="/" done={done} />
    </Frame>
  );
}

function SetUp({ api, template, done }: StepProps & { readonly template: Template }) {
  const act = async (values: Values) => {
    await api.send(template, values);
    await done();
  };
  return (
    <Frame title={t("accounts.setUp.title")} about={t("accounts.setUp.about")}>
      <ActForm
        template={template}
        fields={[
          { name: "code", label: t("accounts.setUp.code"), hint: t("accounts.setUp.code.hint") },
          {
            name: "login",
            label: t("accounts.login"),
            autocomplete: "username",
            hint: t("accounts.login.hint"),
          },
          { name: "name", label: t("accounts.name"), autocomplete: "name", hint: t("accounts.name.hint") },
          newPasswordField(),
        ]}
        submit={t("accounts.setUp.submit")}
        act={act}
        focusFirst
      />
    </Frame>
  );
}

export function newPasswordField(label = t("accounts.password")): FieldSpec {
  return {
    name: "password",
    label,
    type: "password",
    autocomplete: "new-password",
    hint: t("accounts.password.hint"),
  };
}

/** A link to choose a password, or one that is no longer valid. It leads to no other kind of resource. */
function Link({ api, at, done }: StepProps & { readonly at: string }) {
  const { resource, problem } = useResource(api, linkUrl(at));
  const template = resource?._templates?.default;
  const isPassword = template?.properties.some(({ name }) => name === "password") === true;
  if (problem !== undefined || (resource !== undefined && !isPassword)) return <Ended done={done} />;
  if (resource === undefined || template === undefined) return null;
  return <ChoosePassword api={api} resource={resource} template={template} done={done} />;
}

/** Below the root, whatever the address says. */
function linkUrl(at: string): string {
  const start = startUrl();
  const url = URL.parse(at, start)?.href ?? start;
  return url.startsWith(start) ? url : start;
}

interface ChoosePasswordProps extends StepProps {
  readonly resource: Resource;
  readonly template: Template;
}

function ChoosePassword({ api, resource, template, done }: ChoosePasswordProps) {
  const act = async (values: Values) => {
    await api.send(template, values);
    await done();
  };
  const login = textOf(resource, "login");
  return (
    <Frame
      title={t("accounts.link.title", { name: textOf(resource, "name") || login })}
      about={t("accounts.link.about", { login })}
    >
      <ActForm
        template={template}
        fields={[
          newPasswordField(),
          { name: "name", label: t("accounts.name"), autocomplete: "name", hint: t("accounts.name.hint") },
          {
            name: "code",
            label: t("accounts.code.optional"),
            autocomplete: "one-time-code",
            hint: t("accounts.code.hint"),
          },
        ]}
        submit={t("accounts.link.submit")}
        act={act}
        focusFirst
      />
    </Frame>
  );
}

function Ended({ done }: Pick<StepProps, "done">) {
  return (
    <Frame title={t("accounts.ended.title")} about={t("accounts.ended.about")}>
      <button type="button" class="button button-main" onClick={done}>
        {t("accounts.ended.go")}
      </button>
    </Frame>
  );
}

function Failed({ reason, again }: { readonly reason: string; readonly again: () => void }) {
  return (
    <Frame title={t("accounts.signIn.title")}>
      <p class="problem" role="alert">
        {reason}
      </p>
      <button type="button" class="button" onClick={again}>
        {t("app.again")}
      </button>
    </Frame>
  );
}

interface FrameProps {
  readonly title: string;
  readonly about?: string;
  readonly children: ComponentChildren;
}

function Frame({ title, about, children }: FrameProps) {
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  return (
    <main class="door">
      <p class="door-brand">
        <Icon node={CircleCheckBig} />
        {t("app.name")}
      </p>
      <h1 dir="auto">{title}</h1>
      {about && <p class="quiet">{about}</p>}
      {children}
    </main>
  );
}
