import { expect, test } from "bun:test";
import { lint } from "../../scripts/checks/openapi-lint.ts";
import { openApiDocument } from "../../src/adapters/http/docs/openapi/document.ts";
import { loadApi } from "../../src/resources.ts";

const SERVERS = [{ url: "https://todos.example.org" }];
const document = JSON.stringify({
  ...(await openApiDocument("1.2.3", {
    resources: await loadApi(),
    management: "writable",
    checklistOrder: "id",
  })),
  servers: SERVERS,
});

/** A part of the document, which is looked at in a tenth of the time, with one thing changed. */
// biome-ignore lint/suspicious/noExplicitAny: a document is anything, and here it is made wrong on purpose
function planted(change: (copy: any) => void): unknown {
  const copy = JSON.parse(document);
  copy.paths = { "/tasks": copy.paths["/tasks"], "/tasks/{id}": copy.paths["/tasks/{id}"] };
  change(copy);
  return copy;
}

test("the document of a service with accounts, which has all operations, has no findings", async () => {
  const resources = await loadApi();
  const described = { resources, management: "writable", checklistOrder: "id", hasAccounts: true } as const;
  expect(await lint({ ...(await openApiDocument("1.2.3", described)), servers: SERVERS })).toEqual([]);
});

const PLANTED: readonly [string, string, Parameters<typeof planted>[0]][] = [
  [
    "an answer without a description",
    "oas3-schema",
    (copy) => delete copy.paths["/tasks"].get.responses[200].description,
  ],
  [
    "an example that its schema refuses",
    "oas3-valid-schema-example",
    (copy) => {
      copy.components.schemas.Task.properties.id.example = 5;
    },
  ],
  [
    "a text without a limit",
    "owasp:api4:2023-string-limit",
    (copy) => delete copy.components.schemas.Task.properties.todo.maxLength,
  ],
  [
    "a body that takes any member",
    "owasp:api3:2023-no-additionalProperties",
    (copy) => {
      copy.components.schemas.TaskCreate.additionalProperties = true;
    },
  ],
  [
    "a path parameter nobody declared",
    "path-params",
    (copy) => {
      copy.paths["/tasks/{id}/{other}"] = copy.paths["/tasks/{id}"];
      delete copy.paths["/tasks/{id}"];
    },
  ],
  [
    "a server without TLS",
    "owasp:api8:2023-no-server-http",
    (copy) => {
      copy.servers = [{ url: "http://todos.example.org" }];
    },
  ],
];

test.each(PLANTED)("%s is found: %s", async (_, rule, change) => {
  expect((await lint(planted(change))).join("\n")).toContain(`${rule} at `);
});
