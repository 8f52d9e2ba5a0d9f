import { useSignal } from "@preact/signals";
import type { Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { nameOf } from "../view/screens.ts";
import { ActForm } from "./act-form.tsx";
import { textOf } from "./resources.ts";
import type { PartOf } from "./settings-part.ts";

const SCOPES = ["read", "write", "admin"] as const;

interface NewTokenProps {
  readonly template: Template;
  readonly work: PartOf["work"];
  readonly made: (secret: string) => Promise<void>;
}

/** What a program is to do, on which lists, and until when. */
export function NewToken({ template, work, made }: NewTokenProps) {
  const scopes = useSignal<readonly string[]>(["read"]);
  const reach = useSignal<"all" | "some">("all");
  const chosen = useSignal<readonly string[]>([]);
  const isAdmin = work.me.value?.isAdmin === true;
  const lists = work.lists.value.flatMap((list) =>
    list.id === undefined ? [] : [{ value: list.id, label: nameOf(list) }],
  );
  const act = async ({ name, expiresAt }: Values) => {
    if (scopes.value.length === 0) throw new Error(t("accounts.tokens.scopes.none"));
    if (reach.value === "some" && chosen.value.length === 0) throw new Error(t("accounts.tokens.lists.none"));
    const values = {
      name,
      scopes: scopes.value,
      ...(reach.value === "some" ? { checklists: chosen.value } : {}),
      ...(expiresAt ? { expiresAt: utc(String(expiresAt)) } : {}),
    };
    const { body } = await work.api.send(template, values);
    await made(textOf(body, "secret"));
  };
  return (
    <ActForm
      template={template}
      fields={[
        { name: "name", label: t("accounts.tokens.name") },
        { name: "expiresAt", label: t("accounts.expires"), type: "datetime-local" },
      ]}
      more={
        <>
          <Choices
            legend={t("accounts.tokens.scopes")}
            choices={SCOPES.filter((scope) => scope !== "admin" || isAdmin).map((value) => ({
              value,
              label: t(`accounts.scope.${value}`),
            }))}
            chosen={scopes.value}
            choose={(values) => (scopes.value = values)}
          />
          <fieldset class="choice">
            <legend>{t("accounts.tokens.reach")}</legend>
            {(["all", "some"] as const).map((value) => (
              <label key={value}>
                <input
                  type="radio"
                  name="reach"
                  checked={reach.value === value}
                  onChange={() => (reach.value = value)}
                />
                {t(`accounts.tokens.reach.${value}`)}
              </label>
            ))}
          </fieldset>
          {reach.value === "some" && (
            <Choices
              legend={t("accounts.tokens.lists")}
              choices={lists}
              chosen={chosen.value}
              choose={(values) => (chosen.value = values)}
            />
          )}
        </>
      }
      submit={t("accounts.tokens.make")}
      act={act}
    />
  );
}

interface ChoicesProps {
  readonly legend: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly chosen: readonly string[];
  readonly choose: (values: readonly string[]) => void;
}

function Choices({ legend, choices, chosen, choose }: ChoicesProps) {
  const set = (value: string, isOn: boolean) => {
    const others = chosen.filter((each) => each !== value);
    choose(isOn ? [...others, value] : others);
  };
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {choices.map(({ value, label }) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => set(value, event.currentTarget.checked)}
          />
          <span dir="auto">{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** What a field for a moment gives is local time. */
export function utc(local: string): string {
  return new Date(local).toISOString();
}
