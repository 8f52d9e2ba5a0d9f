import { PAGE_ROWS_MAX } from "../../../../application/ports.ts";
import { QUERY_CHARS_MAX } from "../../../../domain/folding.ts";
import { IDEMPOTENCY_KEY_CHARS_MAX, IDEMPOTENCY_KEY_PATTERN } from "../../api/writes.ts";
import { HAL, HAL_FORMS, HTML, JSON_TYPE, MERGE_PATCH, NDJSON } from "../../kernel/media.ts";
import { cursorPattern, type Order, PAGE_ROWS_DEFAULT } from "../../kernel/query.ts";
import {
  answer,
  COMMON_HEADERS,
  content,
  ETAG,
  LOCATION,
  MOVED_TO,
  PAGE_LINKS,
  problems,
  TRASH_LINK,
} from "./answers.ts";
import { idSchema, type JsonSchema, ref, text } from "./basics.ts";

/** An operation in OpenAPI's form. */
export type OperationObject = Readonly<Record<string, unknown>>;
export interface Documented {
  readonly path: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly operation: OperationObject;
}

const HAL_TYPES = [HAL, JSON_TYPE, HAL_FORMS];

const NOT_MODIFIED = {
  description: "Not modified: the client has this representation already",
  headers: { ...COMMON_HEADERS, ...ETAG },
};
const DELETED = { description: "Deleted", headers: { ...COMMON_HEADERS, ...TRASH_LINK } };

export function parameter(
  place: "path" | "query" | "header",
  name: string,
  description: string,
  schema: JsonSchema,
  required = false,
): object {
  return { in: place, name, description, schema, required };
}

export const idParameter = parameter("path", "id", "ID of the resource", idSchema, true);
export const cursorOf = (order?: Order): JsonSchema => ({ maxLength: 511, pattern: cursorPattern(order) });
/** @param cursor what is special about the collection's cursors */
export const pageParameters = (cursor: JsonSchema = cursorOf()) => [
  parameter("query", "size", "Maximum number of rows in the page", {
    type: "integer",
    format: "int32",
    minimum: 1,
    maximum: PAGE_ROWS_MAX,
    default: PAGE_ROWS_DEFAULT,
  }),
  parameter("query", "after", "Opaque cursor, taken from a `next` link", { type: "string", ...cursor }),
];
export const queryParameter = (required: boolean) =>
  parameter(
    "query",
    "q",
    "Only tasks in which every word of this begins a word of `todo`, `description` or a label; case and accents do not matter",
    { type: "string", minLength: 1, maxLength: QUERY_CHARS_MAX, pattern: "^[\\s\\S]+$", example: "milk" },
    required,
  );
function requestBody(name: string, types: readonly string[] = [JSON_TYPE, HAL, HAL_FORMS]): object {
  return { required: true, content: content(types, ref(name)) };
}

/** A header that is never refused: invalid values are ignored. */
const ANY_HEADER = { type: "string", pattern: "^[\\s\\S]*$" } as const;

/** Headers a client may send with any request. */
const TRACE_HEADERS = [
  parameter("header", "traceparent", "W3C trace context to continue", {
    ...ANY_HEADER,
    example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  }),
  parameter("header", "X-Request-Id", "ID for the request, used in the logs and sent back", {
    ...ANY_HEADER,
    example: "checkout-4711",
  }),
];
const READ_HEADERS = [
  parameter("header", "If-None-Match", "ETags the client has; 304 if one still matches", ANY_HEADER),
  ...TRACE_HEADERS,
];
const WRITE_HEADERS = [
  parameter(
    "header",
    "If-Match",
    "ETag of the version the client edited; 412 if it is out of date",
    ANY_HEADER,
  ),
  ...TRACE_HEADERS,
];
const KEY_HEADER = parameter(
  "header",
  "Idempotency-Key",
  "Unique key for the request, with or without quotes, so that it is safe to retry",
  {
    type: "string",
    minLength: 1,
    maxLength: IDEMPOTENCY_KEY_CHARS_MAX + '""'.length,
    pattern: IDEMPOTENCY_KEY_PATTERN,
    example: "8e03978e-40d5-43e8-bc93-6894a57f9324",
  },
);
const CREATE_HEADERS = [KEY_HEADER, ...TRACE_HEADERS];

const IDEMPOTENCY =
  "Send an `Idempotency-Key` (any unique text of up to 255 printable ASCII characters) to make the request safe to retry for 24 hours: retries get the first answer.";
const CONDITIONAL =
  "Send `If-Match` with the ETag you read: of several concurrent writers, exactly one succeeds. Without it, the change applies to whatever is stored now.";
const READING = "Send `If-None-Match` with an ETag to get 304 if nothing has changed.";

const WRITE_PROBLEMS = [400, 404, 406, 408, 412, 413, 415, 422, 428, 429, 500, 503] as const;
const WRITE_TASK_PROBLEMS = [...WRITE_PROBLEMS, 409] as const;

/** A link from an answer to another operation; parameters are OpenAPI runtime expressions. */
export const linkTo = (operationId: string, parameters: object) => ({ operationId, parameters });

/** What every operation has that returns a page. @param statuses of problems that not all of them have */
export function pageOperation(
  Name: string,
  parameters: readonly object[],
  statuses: readonly number[] = [],
): OperationObject {
  return {
    parameters: [...parameters, ...READ_HEADERS],
    responses: {
      200: answer(`A page of ${Name.toLowerCase()}s`, HAL_TYPES, ref(`${Name}Page`), {
        ...ETAG,
        ...PAGE_LINKS,
      }),
      304: NOT_MODIFIED,
      ...problems(400, ...statuses, 406, 422, 429, 500, 503),
    },
  };
}

/** The headers and answers of operations on what is in the trash. */
export const TRASH = {
  readHeaders: READ_HEADERS,
  writeHeaders: WRITE_HEADERS,
  restoreHeaders: [KEY_HEADER, ...WRITE_HEADERS],
  retries: IDEMPOTENCY,
  notModified: NOT_MODIFIED,
  halTypes: HAL_TYPES,
} as const;

export function collection(
  tag: string,
  one: string,
  path: string,
  listParameters: readonly object[],
  createParameters: readonly object[],
  links: object,
): readonly Documented[] {
  const Name = one[0]?.toUpperCase() + one.slice(1);
  return [
    {
      path,
      method: "GET",
      operation: {
        operationId: `list${Name}s`,
        tags: [tag],
        summary: `A page of ${tag}`,
        description: `${READING} With \`Accept: ${NDJSON}\` the answer is a stream of all rows, see above.`,
        ...pageOperation(Name, listParameters, tag === "tasks" ? [404] : []),
      },
    },
    {
      path,
      method: "POST",
      operation: {
        operationId: `create${Name}`,
        tags: [tag],
        summary: `Create a ${one}`,
        description: IDEMPOTENCY,
        parameters: [...createParameters, ...CREATE_HEADERS],
        requestBody: requestBody(`${Name}Create`),
        responses: {
          201: { ...answer("Created", HAL_TYPES, ref(Name), { ...ETAG, ...LOCATION }), links },
          ...problems(400, ...(tag === "tasks" ? [404] : []), 406, 408, 409, 413, 415, 422, 429, 500, 503),
        },
      },
    },
  ];
}

export function member(
  tag: string,
  one: string,
  path: string,
  parameters: readonly object[],
  editHeaders: readonly object[] = [],
): readonly Documented[] {
  const Name = one[0]?.toUpperCase() + one.slice(1);
  const writeProblems = one === "task" ? WRITE_TASK_PROBLEMS : WRITE_PROBLEMS;
  const found = answer(`The ${one}`, HAL_TYPES, ref(Name));
  const movable = one === "task";
  const written = movable ? answer("The task", HAL_TYPES, ref(Name), { ...ETAG, ...MOVED_TO }) : found;
  const moving = movable ? " Another `checklist` than in the URL moves the task there." : "";
  const about = (
    operationId: string,
    summary: string,
    description: string,
    headers: readonly object[] = WRITE_HEADERS,
  ) => ({
    operationId: `${operationId}${Name}`,
    tags: [tag],
    summary,
    description,
    parameters: [...parameters, ...headers],
  });
  return [
    {
      path,
      method: "GET",
      operation: {
        ...about("get", `One ${one}`, READING, READ_HEADERS),
        responses: { 200: found, 304: NOT_MODIFIED, ...problems(400, 404, 406, 422, 429, 500, 503) },
      },
    },
    {
      path,
      method: "PUT",
      operation: {
        ...about(
          "replace",
          `Replace a ${one}`,
          `Optional members you leave out take their defaults. ${CONDITIONAL}${moving}`,
          [...editHeaders, ...WRITE_HEADERS],
        ),
        requestBody: requestBody(`${Name}Replace`),
        responses: { 200: written, ...problems(...writeProblems) },
      },
    },
    {
      path,
      method: "PATCH",
      operation: {
        ...about("change", `Change a ${one}`, `A JSON merge patch (RFC 7396). ${CONDITIONAL}${moving}`, [
          ...editHeaders,
          ...WRITE_HEADERS,
        ]),
        requestBody: requestBody(`${Name}Patch`, [MERGE_PATCH, JSON_TYPE, HAL_FORMS]),
        responses: { 200: written, ...problems(...writeProblems) },
      },
    },
    {
      path,
      method: "DELETE",
      operation: {
        ...about("delete", `Delete a ${one}`, CONDITIONAL),
        responses: {
          204: DELETED,
          ...problems(400, 404, ...(one === "checklist" ? [409] : []), 412, 422, 428, 429, 500, 503),
        },
      },
    },
  ];
}

export const root: Documented = {
  path: "/",
  method: "GET",
  operation: {
    operationId: "getRoot",
    tags: ["service"],
    summary: "Entry point: links to everything",
    description: READING,
    responses: {
      200: {
        ...answer("Links to all resources", HAL_TYPES, ref("Root")),
        content: { ...content(HAL_TYPES, ref("Root")), [HTML]: { schema: text("The web page") } },
      },
      304: NOT_MODIFIED,
      ...problems(400, 406, 429, 500, 503),
    },
  },
};

export const problemPages: readonly Documented[] = [
  {
    path: "/problems",
    method: "GET",
    operation: {
      operationId: "listProblemTypes",
      tags: ["service"],
      summary: "All problem types",
      description: "Links to the pages that explain each problem type.",
      responses: {
        200: {
          ...answer("Links to all problem types", [HAL, JSON_TYPE], ref("ProblemTypes")),
          content: { ...content([HAL, JSON_TYPE], ref("ProblemTypes")), [HTML]: { schema: text("A page") } },
        },
        304: NOT_MODIFIED,
        ...problems(400, 406, 429, 500, 503),
      },
    },
  },
  {
    path: "/problems/{code}",
    method: "GET",
    operation: {
      operationId: "getProblemType",
      tags: ["service"],
      summary: "What a problem type means and what to do",
      description: "The page that the `type` of a problem links to: HTML for people, JSON for programs.",
      parameters: [
        parameter(
          "path",
          "code",
          "Last path segment of a problem's `type`",
          { type: "string", minLength: 1, maxLength: 100, pattern: "^[a-z-]+$", example: "not-found" },
          true,
        ),
      ],
      responses: {
        200: {
          ...answer("The problem type", [HAL, JSON_TYPE], ref("ProblemType")),
          content: { ...content([HAL, JSON_TYPE], ref("ProblemType")), [HTML]: { schema: text("A page") } },
        },
        304: NOT_MODIFIED,
        ...problems(400, 404, 406, 429, 500, 503),
      },
    },
  },
];
