import { Checklists } from "./checklists.ts";
import { type TaskDeps, Tasks } from "./tasks.ts";
import { Trash } from "./trash.ts";

/** What a client can do, by resource. */
export interface UseCases {
  readonly checklists: Checklists;
  readonly tasks: Tasks;
  readonly trash: Trash;
}

export function useCases(deps: TaskDeps): UseCases {
  return { checklists: new Checklists(deps), tasks: new Tasks(deps), trash: new Trash(deps) };
}
