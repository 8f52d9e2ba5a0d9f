import { openApiDocument } from "../adapters/http/docs/openapi/document.ts";
import { BUILD_INFO } from "../build-info.ts";
import { loadApi } from "../resources.ts";
import { type Command, EXIT_DONE } from "./support/command.ts";
import { managementOf } from "./support/management.ts";

export const command: Command = {
  name: "openapi",
  summary: "print the OpenAPI document",
  details:
    "The document that a running service has at /openapi.json, with the configured address as its server.",
  arguments: [],
  options: [],
  settings: [
    "host",
    "port",
    "publicUrl",
    "managementPort",
    "actuatorWrites",
    "tlsCert",
    "tlsKey",
    "cassandraEndpoints",
    "auth",
  ],
  examples: [
    { line: "todos openapi > openapi.json", does: "save the document" },
    { line: "todos openapi --public-url https://todos.example.org", does: "set the service's address" },
  ],
  async run({ config, stdout }) {
    const scheme = config.tlsCert === undefined ? "http" : "https";
    const host = config.host.includes(":") ? `[${config.host}]` : config.host;
    const hasAccounts = config.auth === "accounts";
    const url = config.publicUrl ?? `${scheme}://${host}:${config.port}`;
    const document = await openApiDocument(BUILD_INFO.version, {
      resources: await loadApi(),
      management: managementOf(config),
      checklistOrder: config.cassandraEndpoints.length > 0 && !hasAccounts ? "token" : "id",
      hasAccounts,
    });
    stdout.write(`${JSON.stringify({ ...document, servers: [{ url }] }, null, 2)}\n`);
    return EXIT_DONE;
  },
};
