import { Search } from "lucide";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { QUERY_CHARS_MAX } from "../../../domain/folding.ts";
import { t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";

/** Searches the copy as it is typed: every task is here, so nothing has to be asked. */
export function SearchField() {
  const page = usePage();
  const input = useRef<HTMLInputElement>(null);
  const text = page.route.value.of ?? "";
  const count = page.tasks.value.length;
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (text.trim() !== "") page.say(t("screen.results", { count }));
  }, [count, text]);
  return (
    <form
      class="add"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        page.focus(page.tasks.peek()[0]?.key);
      }}
    >
      <div class="add-line">
        <Icon node={Search} />
        <input
          id="search"
          ref={input}
          type="search"
          value={text}
          maxLength={QUERY_CHARS_MAX}
          autoComplete="off"
          dir="auto"
          placeholder={t("search.label")}
          aria-label={t("search.label")}
          onInput={(event) => page.go({ screen: "search", of: event.currentTarget.value }, "replace")}
          onKeyDown={onKey}
        />
      </div>
      {text.trim() !== "" && <p class="add-hint">{t("screen.results", { count })}</p>}
    </form>
  );

  function onKey(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      page.focus(page.tasks.peek()[0]?.key);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (text === "") history.back();
      else page.go({ screen: "search", of: "" }, "replace");
    }
  }
}
