import { HAL, HAL_FORMS, JSON_TYPE, MERGE_PATCH } from "../../kernel/media.ts";
import { answer, COMMON_HEADERS, content, LOCATION, problems } from "./answers.ts";
import { ref, text } from "./basics.ts";
import type { Documented } from "./operations.ts";

export const HAL_TYPES = [HAL, JSON_TYPE, HAL_FORMS];
export const BODY_PROBLEMS = [400, 406, 408, 413, 415, 422, 429, 500, 503] as const;
export const READ_PROBLEMS = [400, 406, 422, 429, 500, 503] as const;
export const COOKIE = {
  "Set-Cookie": {
    description: "The session's cookie, for browsers: HttpOnly, SameSite=Lax",
    schema: text("A cookie", 500, { pattern: "^[\\x20-\\x7E]+$" }),
  },
};

interface Op {
  readonly id: string;
  readonly at: string;
  readonly tag?: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly object[];
  /** Name of the schema. */
  readonly takes?: string;
  /** Status, and what comes with it. */
  readonly answers: object;
  readonly statuses: readonly number[];
  /** For anyone. */
  readonly isOpen?: boolean;
}

/** @param at method and path */
export function documented({ id, at, tag = "accounts", summary, description, ...op }: Op): Documented {
  const [method = "", path = ""] = at.split(" ");
  const types = method === "PATCH" ? [MERGE_PATCH, JSON_TYPE, HAL_FORMS] : [JSON_TYPE, HAL, HAL_FORMS];
  return {
    path,
    method: method as Documented["method"],
    operation: {
      operationId: id,
      tags: [tag],
      summary,
      description,
      ...(op.parameters ? { parameters: op.parameters } : {}),
      ...(op.takes ? { requestBody: { required: true, content: content(types, ref(op.takes)) } } : {}),
      ...(op.isOpen ? { security: [] } : {}),
      responses: { ...op.answers, ...problems(...op.statuses) },
    },
  };
}

export const shown = (name: string) => ({ 200: answer(name, HAL_TYPES, ref(name), {}) });
export const signedIn = { 201: answer("Signed in", HAL_TYPES, ref("Session"), { ...LOCATION, ...COOKIE }) };
/** Of a browser that is sent elsewhere. */
export const away = (description: string) => ({
  303: { description, headers: { ...COMMON_HEADERS, ...LOCATION } },
});
export const gone = (description: string, headers = {}) => ({
  204: { description, headers: { ...COMMON_HEADERS, ...headers } },
});
