import type { Model } from "../copy/model.ts";

/** Of the copy's `meta`: true once it has been in step with the service. */
export const SYNCED = "synced";

export function wasInStep({ meta }: Model): boolean {
  return meta.get(SYNCED)?.value === true;
}
