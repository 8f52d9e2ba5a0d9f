/** Where a task was when it was referred to; it may have moved or been deleted since. */
export interface TaskRef {
  readonly checklistId: string;
  readonly id: string;
}

/** As both stores keep it: a JSON array of checklist and id. */
export function taskRefText({ checklistId, id }: TaskRef): string {
  return JSON.stringify([checklistId, id]);
}

/** @throws TypeError for a text that is not from {@link taskRefText} */
export function taskRefFrom(json: string): TaskRef {
  const [checklistId, id] = textsFrom(json);
  if (checklistId === undefined || id === undefined) throw new TypeError("expected a checklist and an id");
  return { checklistId, id };
}

/** The texts of a JSON array. @throws TypeError, SyntaxError for anything else */
export function textsFrom(json: string): readonly string[] {
  const parsed: unknown = JSON.parse(json);
  if (Array.isArray(parsed) && parsed.every((item) => typeof item === "string")) return parsed;
  throw new TypeError("expected a JSON array of texts");
}
