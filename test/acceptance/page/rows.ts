import { expect } from "bun:test";

/** Asks a service directly, beside the pages that are tested. */
export interface ServedRows {
  /** Expects 201. @returns the id of what was made */
  post(path: string, body: unknown): Promise<string>;
  /** Texts of the tasks at this path, in their manual order. */
  todos(path: string): Promise<readonly string[]>;
}

/** @param url of the service, asked for each time: it starts after this is called */
export function servedRows(url: () => string): ServedRows {
  return {
    async post(path, body) {
      const response = await fetch(url() + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(201);
      return ((await response.json()) as { id: string }).id;
    },
    async todos(path) {
      const response = await fetch(url() + path);
      const { _embedded } = (await response.json()) as {
        _embedded: { tasks: { todo: string; rank: string }[] };
      };
      return _embedded.tasks.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ todo }) => todo);
    },
  };
}
