import type { Documentation } from "../docs/openapi/documentation.ts";
import { agenda } from "./agenda.ts";
import { checklists } from "./checklists.ts";
import type { ApiResource } from "./resource.ts";
import { search } from "./search.ts";
import { tasks } from "./tasks.ts";
import { trash } from "./trash.ts";

interface Registered extends ApiResource {
  /** Loaded with the first reader: start-up should not pay for it. */
  readonly documentation: () => Promise<Documentation>;
}

/** Every resource of the API, in the order of the root's links. */
export const RESOURCES: readonly Registered[] = [
  {
    ...checklists,
    documentation: async () => (await import("../docs/openapi/checklists.ts")).checklistDocumentation,
  },
  { ...tasks, documentation: async () => (await import("../docs/openapi/tasks.ts")).taskDocumentation },
  { ...agenda, documentation: async () => (await import("../docs/openapi/agenda.ts")).agendaDocumentation },
  { ...search, documentation: async () => (await import("../docs/openapi/search.ts")).searchDocumentation },
  { ...trash, documentation: async () => (await import("../docs/openapi/trash.ts")).trashDocumentation },
];
