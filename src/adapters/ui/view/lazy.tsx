import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { laterStyles } from "../shell/later-styles.ts";
import { checkForUpdate } from "../shell/updates.ts";
import type { Part } from "../text/parts.ts";
import { loadTexts, t } from "../text/text.ts";

/** What has been loaded stays, so that a dialog opens at once the second time. */
type Loaded<P> = ComponentType<P> | undefined;

/**
 * A component whose code and texts come when it is first shown. Where they don't come (no connection, and no service
 * worker that keeps them), it says so and can be tried again.
 */
export function lazy<P extends object>(part: Part, load: () => Promise<ComponentType<P>>) {
  let ready: Loaded<P>;
  const start = async () => {
    const [component] = await Promise.all([load(), loadTexts(part), laterStyles()]);
    ready = component;
  };
  return function Lazy(props: P) {
    const state = useSignal<"waiting" | "ready" | string>(ready === undefined ? "waiting" : "ready");
    const begin = () => {
      state.value = "waiting";
      start().then(
        () => {
          state.value = "ready";
        },
        (error: unknown) => {
          state.value = String(error);
          // It may be gone from a service that is a newer one now.
          checkForUpdate();
        },
      );
    };
    useEffect(() => {
      if (ready === undefined) begin();
    }, []);
    if (state.value === "ready" && ready !== undefined) {
      const Ready = ready;
      return <Ready {...props} />;
    }
    return state.value === "waiting" ? null : <Failed reason={state.value} again={begin} />;
  };
}

function Failed({ reason, again }: { readonly reason: string; readonly again: () => void }) {
  return (
    <p class="toast toast-problem" role="alert">
      <span class="text">{t("app.failed", { reason })}</span>
      <button type="button" class="button" onClick={again}>
        {t("app.again")}
      </button>
    </p>
  );
}
