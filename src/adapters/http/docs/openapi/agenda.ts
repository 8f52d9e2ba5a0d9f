import { DUE_CURSOR_CHARS_MAX, DUE_CURSOR_PATTERN } from "../../kernel/due-cursor.ts";
import { NDJSON } from "../../kernel/media.ts";
import { idSchema } from "./basics.ts";
import type { Documentation } from "./documentation.ts";
import { pageOperation, pageParameters, parameter } from "./operations.ts";

const untilParameter = parameter(
  "query",
  "until",
  "The last due date to show",
  { type: "string", format: "date", minLength: 10, maxLength: 10, example: "2026-12-24" },
  true,
);
const checklistParameter = parameter(
  "query",
  "checklist",
  "Only tasks of this checklist. Default: all",
  idSchema,
);

export const agendaDocumentation: Documentation = {
  tag: { name: "agenda", description: "Open tasks by due date" },
  relations: [],
  templated: ["agenda"],
  operations: () => [
    {
      path: "/agenda",
      method: "GET",
      operation: {
        operationId: "listDueTasks",
        tags: ["agenda"],
        summary: "A page of open tasks that are due",
        description: `Tasks that are not completed, with a due date on or before \`until\`, in order of due date, checklist and ID. Of more than 1,000 checklists, one must be named. With \`Accept: ${NDJSON}\` the answer is a stream of all of them.`,
        ...pageOperation(
          "Task",
          [
            untilParameter,
            ...pageParameters({ pattern: DUE_CURSOR_PATTERN, maxLength: DUE_CURSOR_CHARS_MAX }),
            checklistParameter,
          ],
          [404, 409],
        ),
      },
    },
  ],
  schemas: {},
};
