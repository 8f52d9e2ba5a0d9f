import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";
import { healthOperations, managementOperations } from "./actuator.ts";
import { apiOperations, type Documented } from "./operations.ts";
import { componentSchemas } from "./schemas.ts";

const SPEC_PATH = "/document";

const DESCRIPTION = `Checklists and tasks over HAL (\`application/hal+json\`). Start at \`/\` and follow links.

- Errors are problem details (RFC 9457), whose \`type\` is a page that explains them.
- Unknown members and unknown or repeated query parameters are refused (422), never dropped.
- \`GET /events\` is a stream of server-sent events about every change: \`checklist.created\`,
  \`task.updated\` and so on; data is \`{"type","href","version"}\`; \`Last-Event-ID\` resumes, and an event
  \`resync\` says that something was missed. OpenAPI can't describe streams, so it is not listed below.
- \`GET /checklists\` and \`GET /tasks\` with \`Accept: application/x-ndjson\` are streams of all rows, one
  representation a line. Filters and \`after\` apply, \`size\` is refused. The operations below describe pages
  only, so that generated clients give a page its own type: ask for a stream with a plain HTTP client.
- A request that breaks the rules of HTTP itself is answered by the parser, without a body and before the
  service sees it (400, 431, 505, or a closed connection): \`docs/http-parser.md\` in the sources lists the cases.`;

/**
 * The OpenAPI document, put together by Elysia's plugin from operations that come from the schemas and
 * tables that requests are checked with.
 * @param version of the service
 * @param withManagement whether the whole actuator is on this port, or only its health
 */
export async function openApiDocument(version: string, withManagement: boolean): Promise<OpenApiDocument> {
  const app = new Elysia({ normalize: false, strictPath: true }).use(
    swagger({
      path: "/page",
      specPath: SPEC_PATH,
      excludeStaticFile: false,
      documentation: {
        info: {
          title: "todos",
          version,
          description: DESCRIPTION,
          license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
          contact: { name: "todos" },
        },
        tags: [
          { name: "actuator", description: "For operators; formats of Spring Boot Actuator" },
          { name: "checklists", description: "Named lists" },
          { name: "service", description: "Finding one's way" },
          { name: "tasks", description: "Things to do, each in one checklist" },
        ],
      },
    }),
  );
  const operations = [...apiOperations, ...healthOperations, ...(withManagement ? managementOperations : [])];
  for (const documented of operations) register(app, documented);
  const response = await app.handle(new Request(`http://document${SPEC_PATH}`));
  const document = (await response.json()) as OpenApiDocument;
  const { Actuator, ...schemas } = componentSchemas;
  return { ...document, components: { schemas: withManagement ? { ...schemas, Actuator } : schemas } };
}

export type OpenApiDocument = Readonly<Record<string, unknown>> & {
  readonly paths: Readonly<Record<string, object>>;
};

function register(app: Elysia, { path, method, operation }: Documented): void {
  app.route(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), () => "", { detail: operation });
}
