import type { Resource } from "../api/types.ts";
import type { Workspace } from "../workspace/types.ts";

/** What every part of the account's settings gets. */
export interface PartOf {
  readonly work: Workspace;
  /** Who the person is, as the service said last. */
  readonly me: Resource;
  /** To be called when that has changed. */
  readonly again: () => Promise<void>;
}
