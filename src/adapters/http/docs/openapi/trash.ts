import { PAGE_ROWS_MAX } from "../../../../application/ports.ts";
import { NDJSON } from "../../kernel/media.ts";
import { answer, COMMON_HEADERS, ETAG, PAGE_LINKS, problems } from "./answers.ts";
import { idSchema, list, object, ref } from "./basics.ts";
import { checklistMembers } from "./checklists.ts";
import type { Documentation } from "./documentation.ts";
import { templates } from "./forms.ts";
import { type Documented, idParameter, pageParameters, parameter, TRASH } from "./operations.ts";
import { links, time } from "./schemas.ts";
import { checklistParameter, taskMembers } from "./tasks.ts";

const deletedAt = time("When it was deleted");
const trashOfChecklist = parameter(
  "query",
  "checklist",
  "ID of a checklist whose deleted tasks to list. Default: list deleted checklists",
  idSchema,
);

const PAGE: Documented = {
  path: "/trash",
  method: "GET",
  operation: {
    operationId: "listTrash",
    tags: ["trash"],
    summary: "A page of deleted checklists, or of a checklist's deleted tasks",
    description: `Checklists are in the order in which they go for good, tasks in order of ID. With \`Accept: ${NDJSON}\` the answer is a stream of all rows, see above.`,
    parameters: [trashOfChecklist, ...pageParameters(), ...TRASH.readHeaders],
    responses: {
      200: answer("A page of the trash", TRASH.halTypes, ref("TrashPage"), { ...ETAG, ...PAGE_LINKS }),
      304: TRASH.notModified,
      ...problems(400, 404, 406, 422, 429, 500, 503),
    },
  },
};

/** @param parameters the address of one */
function entry(one: "checklist" | "task", parameters: readonly object[]): readonly Documented[] {
  const Name = one === "task" ? "Task" : "Checklist";
  const path = `/trash/${one}s/{id}`;
  const tags = ["trash"];
  return [
    {
      path,
      method: "GET",
      operation: {
        operationId: `getTrashed${Name}`,
        tags,
        summary: `A deleted ${one}`,
        description: "It can be restored until its time in the trash is up.",
        parameters: [...parameters, ...TRASH.readHeaders],
        responses: {
          200: answer(`The deleted ${one}`, TRASH.halTypes, ref(`Trashed${Name}`)),
          304: TRASH.notModified,
          ...problems(400, 404, 406, 422, 429, 500, 503),
        },
      },
    },
    {
      path,
      method: "DELETE",
      operation: {
        operationId: `discard${Name}`,
        tags,
        summary: `Delete a ${one} for good`,
        description: "It can't be restored.",
        parameters: [...parameters, ...TRASH.writeHeaders],
        responses: {
          204: { description: "Deleted for good", headers: COMMON_HEADERS },
          ...problems(400, 404, 412, 422, 428, 429, 500, 503),
        },
      },
    },
    {
      path: `${path}/restore`,
      method: "POST",
      operation: {
        operationId: `restore${Name}`,
        tags,
        summary: `Restore a deleted ${one}`,
        description: `It is back at its old address, as it was, with the next version. Once it is restored, another request gets 404. ${TRASH.retries}`,
        parameters: [...parameters, ...TRASH.restoreHeaders],
        responses: {
          200: answer(`The restored ${one}`, TRASH.halTypes, ref(Name)),
          ...problems(400, 404, 406, 408, 409, 412, 413, 422, 429, 500, 503),
        },
      },
    },
  ];
}

const { _links: _ofTask, ...ofTask } = taskMembers;
const { _links: _ofChecklist, ...ofChecklist } = checklistMembers;

export const trashDocumentation: Documentation = {
  tag: { name: "trash", description: "Deleted checklists and tasks, which can be restored" },
  relations: ["trash"],
  templated: ["find-trash"],
  operations: () => [
    PAGE,
    ...entry("checklist", [idParameter]),
    ...entry("task", [idParameter, checklistParameter]),
  ],
  schemas: {
    TrashedChecklist: object({ ...ofChecklist, deletedAt, _links: links("self", "restore", "collection") }, [
      "id",
      "name",
      "deletedAt",
      "_links",
    ]),
    TrashedTask: object(
      { ...ofTask, deletedAt, _links: links("self", "restore", "checklist", "collection") },
      ["id", "todo", "completed", "status", "priority", "labels", "rank", "deletedAt", "_links"],
    ),
    TrashPage: object(
      {
        _embedded: object(
          {
            checklists: list(ref("TrashedChecklist"), PAGE_ROWS_MAX),
            tasks: list(ref("TrashedTask"), PAGE_ROWS_MAX),
          },
          [],
        ),
        _links: object({ self: ref("Link"), first: ref("Link"), next: ref("Link") }, ["self", "first"]),
        _templates: templates,
      },
      ["_embedded", "_links"],
    ),
  },
};
