import type { Service } from "../../support/service.ts";

export interface ServedTask extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly todo: string;
}

/** The rows of a list as the service has them, in its order of ids. */
export async function servedTasks({ url }: Service, list: string): Promise<readonly ServedTask[]> {
  const headers = { accept: "application/x-ndjson" };
  const text = await (await fetch(`${url}/tasks?checklist=${list}`, { headers })).text();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** @returns the id of what was made at this path */
export async function made({ url }: Service, path: string, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  return ((await answer.json()) as ServedTask).id;
}

/** As somebody else does it. */
export async function changedElsewhere({ url }: Service, path: string, body: object): Promise<void> {
  const headers = { "content-type": "application/merge-patch+json" };
  await fetch(url + path, { method: "PATCH", headers, body: JSON.stringify(body) });
}

/** Deletes as somebody else does. @returns what restores it */
export async function deletedElsewhere({ url }: Service, path: string): Promise<() => Promise<void>> {
  const answer = await fetch(url + path, { method: "DELETE" });
  const trash = new URL(/<([^>]*)>/.exec(answer.headers.get("link") ?? "")?.[1] ?? "");
  trash.pathname += "/restore";
  return async () => {
    const { ok, status } = await fetch(trash, { method: "POST" });
    if (!ok) throw new Error(`nothing was restored: ${status}`);
  };
}
