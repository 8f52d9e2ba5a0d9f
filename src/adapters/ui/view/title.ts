import { useEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { usePage } from "./page.ts";

export interface Title {
  readonly text: string;
  readonly ref: { current: HTMLHeadingElement | null };
}

/** Names the window, and sends the focus to the heading when the page has gone to another screen. */
export function useTitle(text: string): Title {
  const page = usePage();
  const ref = useRef<HTMLHeadingElement>(null);
  const { screen, of } = page.route.value;
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = text === "" ? t("app.name") : `${text} · ${t("app.name")}`;
  }, [text]);
  useEffect(() => {
    if (!isFirst.current && screen !== "search") {
      window.scrollTo(0, 0);
      ref.current?.focus();
    }
    isFirst.current = false;
  }, [screen, of]);
  return { text, ref };
}
