import { Checklists, type UseCaseDeps } from "./checklists.ts";
import { Tasks } from "./tasks.ts";

/** What a client can do, by resource. */
export interface UseCases {
  readonly checklists: Checklists;
  readonly tasks: Tasks;
}

export function useCases(deps: UseCaseDeps): UseCases {
  return { checklists: new Checklists(deps), tasks: new Tasks(deps) };
}
