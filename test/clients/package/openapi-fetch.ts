// A client typed by openapi-typescript. Usage: openapi-fetch.ts URL. Prints one JSON object with what it saw.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api.d.ts";

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

// A body needs no more than its text, and a page is a page.
const body: components["schemas"]["TaskCreate"] = { todo: "Typed" };
const created = await client.POST("/tasks", {
  body,
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
});
const task: components["schemas"]["Task"] | undefined = created.data;
if (!task) throw new Error(`not created: ${created.error?.title}`);
const etag = created.response.headers.get("etag") ?? "";

const page = await client.GET("/tasks", { params: { query: { size: 1 } } });
const first: string | undefined = page.data?._embedded.tasks[0]?.todo;

const path = { id: task.id };
const change: components["schemas"]["TaskPatch"] = { status: "in_progress", dueDate: null };
const changed = await client.PATCH("/tasks/{id}", {
  params: { path, header: { "If-Match": etag } },
  body: change,
});
const stale = await client.PATCH("/tasks/{id}", {
  params: { path, header: { "If-Match": etag } },
  body: change,
});
const refused = await client.PUT("/tasks/{id}", { params: { path }, body: { todo: "" } });
const deleted = await client.DELETE("/tasks/{id}", { params: { path } });

// @ts-expect-error No such status.
const wrong: components["schemas"]["TaskPatch"] = { status: "done" };
console.log(
  JSON.stringify({
    first,
    status: changed.data?.status,
    stale: stale.error?.status,
    pointers: refused.error?.errors?.map(({ pointer }) => pointer),
    deleted: deleted.response.status,
    wrong: wrong.status,
  }),
);
