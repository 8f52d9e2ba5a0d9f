import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";
import type { ApiResource } from "../../api/resource.ts";
import type { Order } from "../../kernel/query.ts";
import type { Management } from "../../kernel/services.ts";
import { healthOperations, managementOperations } from "./actuator.ts";
import { type Documented, problemPages, root } from "./operations.ts";
import { componentSchemas } from "./schemas.ts";

const SPEC_PATH = "/document";

const DESCRIPTION = `Checklists and tasks over HAL (\`application/hal+json\`). Start at \`/\` and follow links.

- Errors are problem details (RFC 9457). Their \`type\` links to a page that explains the error.
- Unknown members and unknown or repeated query parameters are refused (422), never ignored.
- \`GET /events\` streams every change as a server-sent event: \`checklist.created\`, \`task.updated\` and so
  on, with the data \`{"type","href","version"}\`. Send \`Last-Event-ID\` to resume; a \`resync\` event means
  that you missed events. OpenAPI can't describe streams, so this one is not listed below.
- \`GET /checklists\` and \`GET /tasks\` with \`Accept: application/x-ndjson\` stream all rows, one
  representation per line. Filters and \`after\` apply; \`size\` is refused. The operations below describe
  pages only, so that generated clients can type them: use a plain HTTP client for streams.
- A request that violates HTTP itself is answered by the HTTP parser, without a body and before the
  service sees it (400, 431, 505, or a closed connection). \`docs/http-parser.md\` in the sources lists the cases.`;

/** Of what belongs to no resource. */
const TAGS = [
  { name: "actuator", description: "For operators, in the formats of Spring Boot Actuator" },
  { name: "service", description: "Entry point and problem types" },
];

/**
 * The OpenAPI document, assembled by Elysia's plugin from operations built from the same schemas and tables that
 * validate requests.
 * @param version of the service
 */
export async function openApiDocument(
  version: string,
  { management, checklistOrder, resources: described, hasAccounts = false }: Described,
): Promise<OpenApiDocument> {
  const accounts = hasAccounts ? await import("./with-accounts.ts") : undefined;
  const resources = [
    ...(await Promise.all(described.map(({ documentation }) => documentation()))),
    ...(accounts?.DOCUMENTATIONS ?? []),
  ];
  const app = new Elysia({ normalize: false, strictPath: true }).use(
    swagger({
      path: "/page",
      specPath: SPEC_PATH,
      excludeStaticFile: false,
      documentation: {
        info: {
          title: "todos",
          version,
          description: DESCRIPTION + (accounts?.DESCRIPTION ?? ""),
          license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
          contact: { name: "todos" },
        },
        tags: [...TAGS, ...(accounts?.TAGS ?? []), ...resources.map(({ tag }) => tag)].sort((a, b) =>
          a.name < b.name ? -1 : 1,
        ),
      },
    }),
  );
  const operations = [
    root,
    ...resources.flatMap((resource) => resource.operations(checklistOrder)),
    ...problemPages,
    ...healthOperations,
    ...managementOperations(management),
  ];
  for (const documented of operations) register(app, accounts?.guarded(documented) ?? documented);
  const response = await app.handle(new Request(`http://document${SPEC_PATH}`));
  const document = (await response.json()) as OpenApiDocument;
  const { Actuator, ...schemas } = componentSchemas(resources, accounts?.ROOT_RELATIONS);
  const shown = management === "none" ? schemas : { ...schemas, Actuator };
  return { ...document, ...accounts?.SECURITY, components: { schemas: shown, ...accounts?.SCHEMES } };
}

/** The parts of a service that its document depends on. */
export interface Described {
  /** The parts of the actuator on this port, in addition to health. */
  readonly management: Management;
  readonly checklistOrder: Order;
  readonly resources: readonly ApiResource[];
  /** Default: anyone may do everything. */
  readonly hasAccounts?: boolean;
}

export type OpenApiDocument = Readonly<Record<string, unknown>> & {
  readonly paths: Readonly<Record<string, object>>;
};

function register(app: Elysia, { path, method, operation }: Documented): void {
  app.route(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), () => "", { detail: operation });
}
