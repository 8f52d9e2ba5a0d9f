import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { Template, Values } from "../api/types.ts";
import { fieldProblems, problemText } from "./problems.ts";

export interface FieldSpec {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "password" | "datetime-local" | undefined;
  readonly autocomplete?: string | undefined;
  readonly hint?: string | undefined;
  readonly value?: string | undefined;
  /** Default: as the form of the service says. */
  readonly required?: boolean | undefined;
  readonly choices?: readonly { readonly value: string; readonly label: string }[] | undefined;
}

interface ActFormProps {
  /** What there is to send; members that it does not know are not asked for. */
  readonly template: Template;
  readonly fields: readonly FieldSpec[];
  readonly submit: string;
  /** Rejects with what the form then shows. */
  readonly act: (values: Values) => Promise<void>;
  /** Below the fields: what is no field of text. */
  readonly more?: ComponentChildren;
  /** Beside the button. */
  readonly children?: ComponentChildren;
  readonly focusFirst?: boolean;
}

/** A form of the service with labels in the person's language, and with what the service finds wrong beside the field. */
export function ActForm({ template, fields, submit, act, more, children, focusFirst = false }: ActFormProps) {
  const problem = useSignal<unknown>(undefined);
  const isBusy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const known = fields.filter(({ name }) => template.properties.some((property) => property.name === name));
  useLayoutEffect(() => {
    const first = focusFirst && form.current?.querySelector<HTMLElement>("input, select");
    if (!first) return;
    // For a dialog that is opened after its form.
    first.autofocus = true;
    first.focus();
  }, []);
  const problems = fieldProblems(problem.value);
  const send = async (event: Event) => {
    event.preventDefault();
    if (isBusy.peek() || !form.current) return;
    isBusy.value = true;
    problem.value = undefined;
    try {
      await act(valuesIn(form.current));
    } catch (error) {
      problem.value = error;
      const [first] = fieldProblems(error).keys();
      const field = form.current?.elements.namedItem(first ?? "");
      if (field instanceof HTMLElement) field.focus();
    } finally {
      isBusy.value = false;
    }
  };
  const isGeneral = problem.value !== undefined && !known.some(({ name }) => problems.has(name));
  return (
    <form ref={form} class="act-form" onSubmit={send}>
      {known.map((field) => (
        <Field key={field.name} field={field} template={template} problem={problems.get(field.name)} />
      ))}
      {more}
      {isGeneral && (
        <p class="problem" role="alert">
          {problemText(problem.value)}
        </p>
      )}
      <div class="bar">
        <button type="submit" class="button button-main" aria-busy={isBusy.value}>
          {submit}
        </button>
        {children}
      </div>
    </form>
  );
}

/** Blank members are left out: they mean that there is nothing to say. */
function valuesIn(form: HTMLFormElement): Values {
  const entries = [...new FormData(form)].filter(([, value]) => value !== "");
  return Object.fromEntries(entries);
}

/** Its type says which other attributes there may be, which one chosen at run time can't. */
function typeOf({ type = "text" }: FieldSpec): { readonly type: "text" } {
  return { type: type as "text" };
}

interface FieldProps {
  readonly field: FieldSpec;
  readonly template: Template;
  readonly problem: string | undefined;
}

function Field({ field, template, problem }: FieldProps) {
  const id = useId();
  const property = template.properties.find(({ name }) => name === field.name);
  const described = [field.hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const common = {
    id,
    name: field.name,
    class: "field",
    required: field.required ?? property?.required ?? false,
    "aria-describedby": described || undefined,
    "aria-invalid": problem !== undefined,
  };
  const value = field.value ?? property?.value ?? "";
  return (
    <div class="act-field">
      <label for={id}>{field.label}</label>
      {field.choices ? (
        <select {...common}>
          {field.choices.map((choice) => (
            <option key={choice.value} value={choice.value} selected={choice.value === value}>
              {choice.label}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          {...typeOf(field)}
          autocomplete={field.autocomplete ?? "off"}
          autocapitalize="none"
          spellcheck={false}
          dir="auto"
          defaultValue={value}
          maxLength={property?.maxLength}
        />
      )}
      {field.hint && (
        <small id={`${id}-hint`} class="quiet">
          {field.hint}
        </small>
      )}
      {problem && (
        <small id={`${id}-problem`} class="problem" role="alert">
          {problem}
        </small>
      )}
    </div>
  );
}
