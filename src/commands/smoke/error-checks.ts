import type { Check } from "./check.ts";
import { isObject, type Reply } from "./client.ts";
import { expectHeader, expectProblem, expectSame, expectStatus } from "./expectations.ts";
import { Unmet } from "./outcomes.ts";

export const errorChecks: readonly Check[] = [
  {
    sentence: "invalid input gets 422 with a pointer to the member, and text that is not JSON gets 400",
    run: async (smoke) => {
      const url = smoke.listLink("tasks");
      const refused = await smoke.client.ask("POST", url, { body: { todo: "" } });
      expectProblem(refused, 422);
      const errors: readonly unknown[] = Array.isArray(refused.json.errors) ? refused.json.errors : [];
      if (!errors.some((error) => isObject(error) && error.pointer === "/todo")) {
        throw new Unmet(
          `${refused.asked}, member errors`,
          'one with the pointer "/todo"',
          JSON.stringify(errors),
        );
      }
      expectProblem(await smoke.client.ask("POST", url, { body: "{" }), 400);
    },
  },
  {
    sentence: "a resource that does not exist gets 404",
    run: async (smoke) => {
      expectProblem(await smoke.client.ask("GET", `${smoke.listLink("self")}0`), 404);
    },
  },
  {
    sentence: "a method that is not allowed gets 405 with Allow",
    run: async (smoke) => {
      const refused = await smoke.client.ask("DELETE", smoke.link("checklists"));
      expectProblem(refused, 405);
      expectHeader(refused, "allow", /GET/);
    },
  },
  {
    sentence: "a representation that is not available gets 406, an unsupported body 415",
    run: async (smoke) => {
      const url = smoke.listLink("tasks");
      const picture = { Accept: "image/png" };
      expectProblem(await smoke.client.ask("GET", url, { headers: picture }), 406);
      const text = { "Content-Type": "text/plain" };
      expectProblem(
        await smoke.client.ask("POST", url, { body: '{"todo":"smoke: text"}', headers: text }),
        415,
      );
    },
  },
  {
    sentence: "a task can be deleted once",
    run: async (smoke) => {
      const { url } = smoke.task(2);
      await expectDeleted(smoke.client, url);
    },
  },
  {
    sentence: "a checklist can be deleted once, and its tasks with it",
    run: async (smoke) => {
      const task = smoke.task(0).url;
      smoke.listIsDeleted(await expectDeleted(smoke.client, smoke.listLink("self")));
      expectStatus(await smoke.client.ask("GET", task), 404);
    },
  },
];

async function expectDeleted(client: Parameters<Check["run"]>[0]["client"], url: string): Promise<Reply> {
  const etag = expectHeader(await client.ask("GET", url), "etag", /^"[^"]+"$/);
  const deleted = await client.ask("DELETE", url, { headers: { "If-Match": etag } });
  expectStatus(deleted, 204);
  expectSame(`${deleted.asked}, body`, deleted.text, "");
  expectStatus(await client.ask("DELETE", url, { headers: { "If-Match": etag } }), 404);
  return deleted;
}
