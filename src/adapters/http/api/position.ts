import type { Violation } from "../../../domain/errors.ts";
import type { Position } from "../../../domain/rank.ts";
import { ID_CHARS_MAX } from "./ids.ts";
import { pointerTo } from "./pointers.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const NEIGHBOURS = {
  after: "ID of the task right before this one; null to come first",
  before: "ID of the task right after this one; null to come last",
} as const satisfies Record<keyof Position, string>;

/** What is wrong with a member that names two neighbours. */
export function positionProblems(pointer: string, value: unknown): readonly Violation[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ pointer, detail: "must be an object with the members after and before" }];
  }
  const given: JsonObject = { ...value };
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(NEIGHBOURS, name));
  return [
    ...unknown.map((name) => ({
      pointer: pointer + pointerTo(name),
      detail: "is not a member of a position",
    })),
    ...Object.keys(NEIGHBOURS).flatMap((name) => {
      const detail = neighbourProblem(given, name);
      return detail === undefined ? [] : [{ pointer: `${pointer}/${name}`, detail }];
    }),
  ];
}

function neighbourProblem(given: JsonObject, name: string): string | undefined {
  if (!Object.hasOwn(given, name)) return "is required; null if there is no such neighbour";
  const id = given[name];
  return id === null || typeof id === "string" ? undefined : "must be an id or null";
}

export const positionSchema: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(NEIGHBOURS).map(([name, description]) => [
      name,
      {
        type: "string",
        nullable: true,
        minLength: 1,
        maxLength: ID_CHARS_MAX,
        pattern: "^[^\\u0000]+$",
        description,
      },
    ]),
  ),
  required: Object.keys(NEIGHBOURS),
};
