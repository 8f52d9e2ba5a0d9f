import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { checkForUpdate } from "../shell/updates.ts";
import type { Item } from "./screens.ts";

type Rows = FunctionComponent<{ readonly items: readonly Item[] }>;

const rows = signal<Rows | undefined>(undefined);
let asked = false;
/** There was no answer: a service that is gone, and no worker that keeps the page's files. */
export const rowsFailed = signal(false);

/** The virtual list, which most people's lists don't need: loaded with the first long one. */
export function lazyRows(): Rows | undefined {
  if (!asked) {
    asked = true;
    import("./virtual-rows.tsx").then(
      (module) => {
        rows.value = module.VirtualRows;
        rowsFailed.value = false;
      },
      () => {
        // The first rows stay; the next list asks again. A newer service may not have it.
        asked = false;
        rowsFailed.value = true;
        checkForUpdate();
      },
    );
  }
  return rows.value;
}
