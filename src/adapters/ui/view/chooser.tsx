import { useSignal } from "@preact/signals";
import type { IconNode } from "lucide";
import { Check } from "lucide";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { DialogFrame } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import { Keys } from "./keys.tsx";

export interface Option {
  readonly id: string;
  readonly name: string;
  readonly icon?: IconNode;
  /** What it is, or what it comes to: shown at the end. */
  readonly kind?: string;
  readonly keys?: string;
  readonly isOn?: boolean;
  /** Parts of the name, every second one matched. */
  readonly parts?: readonly string[];
}

interface ChooserProps {
  readonly title: string;
  readonly hint: string;
  readonly optionsFor: (text: string) => readonly Option[];
  /** @returns true to go on choosing */
  readonly onChoose: (option: Option) => boolean | undefined;
}

/** Type, see what fits, press Enter: one way to choose a command, a day, a list, labels or a priority. */
export function Chooser({ title, hint, optionsFor, onChoose }: ChooserProps) {
  const text = useSignal("");
  const active = useSignal(0);
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const options = optionsFor(text.value);
  const index = Math.min(active.value, options.length - 1);
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(
    () => list.current?.querySelector(".option-active")?.scrollIntoView({ block: "nearest" }),
    [index, options],
  );
  return (
    <DialogFrame title={title} hasHead={false}>
      <p class="choose-title" aria-hidden="true">
        {title}
      </p>
      <input
        ref={input}
        class="choose-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="choose-list"
        aria-autocomplete="list"
        aria-activedescendant={index < 0 ? undefined : `choose-${index}`}
        aria-label={title}
        placeholder={hint}
        autoComplete="off"
        dir="auto"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={onKey}
      />
      <div class="choose-list" role="listbox" id="choose-list" aria-label={title} ref={list} tabIndex={-1}>
        {options.map((option, at) => (
          <OptionView
            key={option.id}
            option={option}
            at={at}
            isActive={at === index}
            onPick={() => pick(option)}
          />
        ))}
      </div>
      <p class={options.length === 0 ? "choose-none" : "hidden"} role="status">
        {options.length === 0 ? t("pick.none") : t("palette.count", { count: options.length })}
      </p>
    </DialogFrame>
  );

  function pick(option: Option | undefined): void {
    if (option === undefined || onChoose(option) !== true) return;
    text.value = "";
    input.current?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const last = options.length - 1;
    if (event.key === "ArrowDown") active.value = index >= last ? 0 : index + 1;
    else if (event.key === "ArrowUp") active.value = index <= 0 ? last : index - 1;
    else if (event.key === "Enter") pick(options[index]);
    else return;
    event.preventDefault();
  }
}

interface OptionProps {
  readonly option: Option;
  readonly at: number;
  readonly isActive: boolean;
  readonly onPick: () => void;
}

function OptionView({ option, at, isActive, onPick }: OptionProps) {
  return (
    <div
      id={`choose-${at}`}
      role="option"
      class={`option${isActive ? " option-active" : ""}`}
      aria-selected={option.isOn ?? isActive}
      onClick={onPick}
    >
      {option.icon && <Icon node={option.icon} />}
      <span class="name" dir="auto">
        {(option.parts ?? [option.name]).map((part, place) => (place % 2 === 1 ? <mark>{part}</mark> : part))}
      </span>
      {option.kind && <span class="kind">{option.kind}</span>}
      {option.keys && <Keys keys={option.keys} />}
      {option.isOn && <Icon node={Check} />}
    </div>
  );
}
