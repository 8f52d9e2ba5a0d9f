import { Checklists } from "./checklists.ts";
import { type TaskDeps, Tasks } from "./tasks.ts";
import { Trash } from "./trash.ts";

/** What a client can do, by resource. */
export interface UseCases {
  readonly checklists: Checklists;
  readonly tasks: Tasks;
  readonly trash: Trash;
  /** Those of another resource, made when they are first asked for. */
  readonly use: <T extends object>(kind: UseCase<T>) => T;
}

type UseCase<T> = new (deps: TaskDeps) => T;

export function useCases(deps: TaskDeps): UseCases {
  const made = new Map<unknown, unknown>();
  return {
    checklists: new Checklists(deps),
    tasks: new Tasks(deps),
    trash: new Trash(deps),
    use: (kind) => {
      const known = made.get(kind);
      if (known instanceof kind) return known;
      const created = new kind(deps);
      made.set(kind, created);
      return created;
    },
  };
}
