import { LOG_LEVELS } from "../../../../application/ports.ts";
import { ACTUATOR, ACTUATOR_V2, JSON_TYPE } from "../../kernel/media.ts";
import type { Management } from "../../kernel/services.ts";
import { answer, COMMON_HEADERS, problems } from "./answers.ts";
import { type JsonSchema, NOT_NUL, ref, text } from "./basics.ts";
import type { Documented } from "./operations.ts";

const TYPES = [ACTUATOR, JSON_TYPE, ACTUATOR_V2];

function get(
  path: string,
  operationId: string,
  summary: string,
  more: Readonly<Record<string, unknown>> = {},
): Documented {
  return {
    path,
    method: "GET",
    operation: {
      operationId,
      tags: ["actuator"],
      summary,
      description: `${summary}, in the format of Spring Boot Actuator.`,
      responses: {
        200: answer(summary, TYPES, ref("Actuator"), {}),
        ...problems(400, 404, 406, 422, 429, 500),
      },
      ...more,
    },
  };
}

function pathParameter(name: string, example: string): JsonSchema {
  return {
    in: "path",
    name,
    required: true,
    description: name,
    schema: text(name, 255, { minLength: 1, pattern: NOT_NUL, example }),
  };
}

const healthResponses = {
  200: answer("UP", TYPES, ref("Health"), {}),
  503: answer("DOWN or OUT_OF_SERVICE", TYPES, ref("Health"), {}),
  ...problems(400, 404, 406, 429, 500),
};

export const healthOperations: readonly Documented[] = [
  get("/actuator/health", "getHealth", "Health of the service", { responses: healthResponses }),
  get(
    "/actuator/health/{component}",
    "getHealthOf",
    "One component or group: liveness, readiness, startup, store, diskSpace",
    {
      parameters: [pathParameter("component", "readiness")],
      responses: healthResponses,
    },
  ),
];

const levels: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: { configuredLevel: { type: "string", nullable: true, enum: [...LOG_LEVELS, null] } },
  example: { configuredLevel: "DEBUG" },
};

const readOperations: readonly Documented[] = [
  get("/actuator", "getActuator", "Links to the actuator's endpoints"),
  get("/actuator/info", "getInfo", "Build, commit and store"),
  get("/actuator/metrics", "listMetrics", "Names of all metrics, following Micrometer"),
  get("/actuator/metrics/{name}", "getMetric", "One metric, optionally filtered by tags", {
    parameters: [
      pathParameter("name", "http.server.requests"),
      {
        in: "query",
        name: "tag",
        description: "key:value; may be repeated",
        schema: {
          type: "array",
          maxItems: 10,
          items: { type: "string", pattern: "^[a-z.]+:.*$", maxLength: 255 },
        },
      },
    ],
  }),
  get("/actuator/prometheus", "getPrometheus", "All metrics in the Prometheus text format", {
    responses: {
      200: answer("Metrics", ["text/plain"], text("Text format 0.0.4", 1_000_000), {}),
      ...problems(400, 406, 429, 500),
    },
  }),
  get(
    "/actuator/doctor",
    "getFindings",
    "Health with its components, and what todos doctor would say about the host and the settings",
  ),
  get("/actuator/loggers", "listLoggers", "All loggers and their levels"),
  get("/actuator/loggers/{name}", "getLogger", "One logger's level", {
    parameters: [pathParameter("name", "todos.http")],
  }),
  get("/actuator/sbom", "listSboms", "IDs of the bills of materials"),
  get("/actuator/sbom/{id}", "getSbom", "A bill of materials in CycloneDX format", {
    parameters: [pathParameter("id", "application")],
    responses: {
      200: answer("CycloneDX", ["application/vnd.cyclonedx+json", JSON_TYPE], ref("Actuator"), {}),
      ...problems(400, 404, 406, 429, 500),
    },
  }),
];

const setLogger: Documented = {
  path: "/actuator/loggers/{name}",
  method: "POST",
  operation: {
    operationId: "setLogger",
    tags: ["actuator"],
    summary: "Set a logger's level; null inherits it again",
    description: "Takes effect at once, until the process ends.",
    parameters: [pathParameter("name", "todos.http")],
    requestBody: {
      required: true,
      content: Object.fromEntries([JSON_TYPE, ACTUATOR].map((type) => [type, { schema: levels }])),
    },
    responses: {
      204: { description: "Set", headers: COMMON_HEADERS },
      ...problems(400, 404, 408, 413, 415, 422, 429, 500),
    },
  },
};

/** How much of the actuator the service's own port has in addition to health. */
export function managementOperations(management: Management): readonly Documented[] {
  if (management === "none") return [];
  return management === "writable" ? [...readOperations, setLogger] : readOperations;
}
