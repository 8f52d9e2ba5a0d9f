import { Checklists, type UseCaseDeps } from "./checklists.ts";
import { Tasks } from "./tasks.ts";
import { Trash } from "./trash.ts";

/** What a client can do, by resource. */
export interface UseCases {
  readonly checklists: Checklists;
  readonly tasks: Tasks;
  readonly trash: Trash;
}

export function useCases(deps: UseCaseDeps): UseCases {
  return { checklists: new Checklists(deps), tasks: new Tasks(deps), trash: new Trash(deps) };
}
