import type { IconNode } from "lucide";
import { outline } from "./outline.ts";

/** A picture beside words, never instead of them: it has no name for a screen reader. */
export function Icon({ node, flips = false }: { readonly node: IconNode; readonly flips?: boolean }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class={flips ? "flips" : undefined}>
      <path d={outline(node)} />
    </svg>
  );
}
