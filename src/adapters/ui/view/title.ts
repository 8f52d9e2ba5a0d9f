import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/text.ts";
import { isFocusFree } from "./focus.ts";
import { usePage } from "./page.ts";

export interface Title {
  readonly text: string;
  readonly ref: (heading: HTMLHeadingElement | null) => void;
}

/** Names the window, and sends the focus to the heading when the page has gone to another screen. */
export function useTitle(text: string): Title {
  const page = usePage();
  const heading = useRef<HTMLHeadingElement | null>(null);
  /** Its screen is still loading. */
  const isAwaited = useRef(false);
  const ref = useCallback((found: HTMLHeadingElement | null) => {
    heading.current = found;
    if (found === null || !isAwaited.current) return;
    isAwaited.current = false;
    if (isFocusFree()) found.focus();
  }, []);
  const { screen, of } = page.route.value;
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = text === "" ? t("app.name") : `${text} · ${t("app.name")}`;
  }, [text]);
  // With the screen, and not after it has been drawn: a key may have moved the focus by then.
  useLayoutEffect(() => {
    if (!isFirst.current && screen !== "search") {
      window.scrollTo(0, 0);
      isAwaited.current = heading.current === null;
      const focus = () => heading.current?.focus();
      focus();
      // Beneath a dialog nothing can have it: that is closed with the next frame.
      if (document.activeElement !== heading.current) requestAnimationFrame(focus);
    }
    isFirst.current = false;
  }, [screen, of]);
  return { text, ref };
}
