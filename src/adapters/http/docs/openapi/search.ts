import { NDJSON } from "../../kernel/media.ts";
import { SEARCH_CURSOR_CHARS_MAX, searchCursorPattern } from "../../kernel/search-cursor.ts";
import type { Documentation } from "./documentation.ts";
import { pageOperation, pageParameters, queryParameter } from "./operations.ts";

export const searchDocumentation: Documentation = {
  tag: { name: "search", description: "Tasks by the words in them" },
  relations: [],
  templated: ["search"],
  operations: (order) => [
    {
      path: "/search",
      method: "GET",
      operation: {
        operationId: "searchTasks",
        tags: ["search"],
        summary: "A page of tasks that contain words",
        description: `Tasks of all checklists, list by list in the order of \`GET /checklists\`, in which every word of \`q\` is the beginning of a word. A page looks at a limited number of tasks and lists: it may be short or empty, and only a missing \`next\` ends the search. With \`Accept: ${NDJSON}\` the answer is a stream of all of them.`,
        ...pageOperation("Task", [
          queryParameter(true),
          ...pageParameters({ pattern: searchCursorPattern(order), maxLength: SEARCH_CURSOR_CHARS_MAX }),
        ]),
      },
    },
  ],
  schemas: {},
};
