import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Template } from "../api/types.ts";
import { problemText } from "./problems.ts";

interface PartProps {
  readonly title: string;
  readonly about?: string | undefined;
  readonly children: ComponentChildren;
}

/** A part of a screen with a heading. */
export function Part({ title, about, children }: PartProps) {
  return (
    <section class="section">
      <h2>{title}</h2>
      {about && <p class="quiet">{about}</p>}
      {children}
    </section>
  );
}

export function Problem({ of }: { readonly of: unknown }) {
  if (of === undefined) return null;
  return (
    <p class="problem" role="alert">
      {problemText(of)}
    </p>
  );
}

interface EntryProps {
  readonly name: ComponentChildren;
  readonly about?: string | undefined;
  readonly children?: ComponentChildren;
}

export function Entry({ name, about, children }: EntryProps) {
  return (
    <li>
      <div class="grow">
        <span dir="auto">{name}</span>
        {about && <small>{about}</small>}
      </div>
      {children}
    </li>
  );
}

interface ActButtonProps {
  /** Nothing: the caller may not, and there is no button. */
  readonly template: Template | undefined;
  readonly text: string;
  /** Complete on its own, for people who hear it out of context. */
  readonly label?: string;
  /** Asked before it is done. */
  readonly sure?: string;
  readonly isMain?: boolean;
  readonly isDanger?: boolean;
  readonly act: (template: Template) => Promise<void>;
}

/** Acts at the first press; if the act can't be undone, at the second. */
export function ActButton({ template, text, label, sure, isMain, isDanger, act }: ActButtonProps) {
  const problem = useSignal<unknown>(undefined);
  const isAsked = useSignal(false);
  const isBusy = useSignal(false);
  if (!template) return null;
  const press = async () => {
    if (isBusy.peek()) return;
    if (sure !== undefined && !isAsked.peek()) {
      isAsked.value = true;
      return;
    }
    isAsked.value = false;
    isBusy.value = true;
    problem.value = undefined;
    try {
      await act(template);
    } catch (error) {
      problem.value = error;
    } finally {
      isBusy.value = false;
    }
  };
  const kind = isMain ? " button-main" : isDanger ? " button-danger" : "";
  return (
    <span class="act">
      <button
        type="button"
        class={`button${kind}`}
        aria-label={isAsked.value ? sure : label}
        aria-busy={isBusy.value}
        onClick={press}
        onBlur={() => (isAsked.value = false)}
      >
        {isAsked.value ? sure : text}
      </button>
      <Problem of={problem.value} />
    </span>
  );
}
