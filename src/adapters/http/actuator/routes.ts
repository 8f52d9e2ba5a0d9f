import { HEALTH_GROUPS, type HealthStatus } from "../../../application/health.ts";
import { LOG_LEVELS, type LogLevel } from "../../../application/ports.ts";
import { refuse, TodosError } from "../../../domain/errors.ts";
import { readJson } from "../api/body.ts";
import { ROOT_OFFERS } from "../api/pages.ts";
import { pointerTo } from "../api/pointers.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { ACTUATOR, ACTUATOR_V2, HTML, JSON_TYPE, Offers } from "../kernel/media.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { shell } from "../page/routes.ts";

const OFFERS = new Offers([ACTUATOR, JSON_TYPE, ACTUATOR_V2]);
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
const CYCLONEDX = "application/vnd.cyclonedx+json";
const SBOM_ID = "application";
const BODY_TYPES = [JSON_TYPE, ACTUATOR, ACTUATOR_V2];

/** Health is for everyone, the rest for operators; both answer even if the service is overloaded. */
const HEALTH = { right: "open", rate: "vital" } as const;
const OPERATES = { right: "operate", rate: "vital" } as const;

/** Health, which always answers on the service's own port. */
export const healthRoutes: readonly Route[] = [
  { path: "/actuator/health", methods: { GET: { ...HEALTH, offers: OFFERS, handle: health } } },
  {
    path: "/actuator/health/{component}",
    methods: { GET: { ...HEALTH, offers: OFFERS, handle: healthOf } },
  },
];

/** The rest of the actuator, which may have a port of its own. */
function readOnlyRoutes(about: typeof OPERATES | typeof HEALTH): readonly Route[] {
  return [
    { path: "/actuator", methods: { GET: { ...about, offers: OFFERS, handle: index } } },
    { path: "/actuator/info", methods: { GET: { ...about, offers: OFFERS, handle: info } } },
    { path: "/actuator/metrics", methods: { GET: { ...about, offers: OFFERS, handle: metrics } } },
    { path: "/actuator/metrics/{name}", methods: { GET: { ...about, offers: OFFERS, handle: metric } } },
    {
      path: "/actuator/prometheus",
      methods: { GET: { ...about, offers: new Offers(["text/plain"]), handle: prometheus } },
    },
    { path: "/actuator/doctor", methods: { GET: { ...about, offers: OFFERS, handle: doctor } } },
    { path: "/actuator/loggers", methods: { GET: { ...about, offers: OFFERS, handle: loggers } } },
    { path: "/actuator/sbom", methods: { GET: { ...about, offers: OFFERS, handle: sboms } } },
    {
      path: "/actuator/sbom/{id}",
      methods: { GET: { ...about, offers: new Offers([CYCLONEDX, JSON_TYPE]), handle: sbom } },
    },
  ];
}

/** @property writable whether log levels can be set, not only read */
interface ManagementPort {
  readonly writable: boolean;
  /** Whether the port has nothing else: those who reach it are let in. */
  readonly own: boolean;
}

/** What the operator's page starts from, where the service's own root is on another port. */
export const managementRoot: Route = {
  path: "/",
  methods: { GET: { ...HEALTH, offers: ROOT_OFFERS, handle: managementIndex } },
};

function managementIndex(x: Exchange): Reply | Promise<Reply> {
  if (x.mediaType === HTML) return shell(x, "status");
  const { base } = x;
  const links = {
    self: { href: base.root() },
    actuator: { href: base.at("/actuator") },
    health: { href: base.at("/actuator/health") },
  };
  return json(x, { _links: links });
}

export function managementRoutes({ writable, own }: ManagementPort): readonly Route[] {
  const about = own ? HEALTH : OPERATES;
  const read = { GET: { ...about, offers: OFFERS, handle: logger } };
  const methods = writable ? { ...read, POST: { ...about, handle: setLogger } } : read;
  return [...readOnlyRoutes(about), { path: "/actuator/loggers/{name}", methods }];
}

function json(x: Exchange, body: unknown, status = 200): Reply {
  return reply(
    status,
    { "content-type": x.mediaType, vary: "Accept", "cache-control": "no-store" },
    JSON.stringify(body),
  );
}

function statusCode(status: HealthStatus): number {
  return status === "UP" ? 200 : 503;
}

function health(x: Exchange): Reply {
  const { health, settings } = x.services;
  const status = health.overall();
  if (!settings.healthDetails) return json(x, { status }, statusCode(status));
  return json(x, { status, components: componentsOf(x), groups: HEALTH_GROUPS }, statusCode(status));
}

function componentsOf({ services: { health } }: Exchange): object {
  return Object.fromEntries(health.componentNames().map((name) => [name, health.component(name)]));
}

function healthOf(x: Exchange): Reply {
  const { health, settings } = x.services;
  const name = x.params.component ?? "";
  const group = HEALTH_GROUPS.find((known) => known === name);
  if (group) {
    const status = health.group(group);
    return json(x, { status }, statusCode(status));
  }
  const component = health.component(name);
  if (!component) throw new TodosError("not-found", "No such health component or group.");
  const shown = settings.healthDetails ? component : { status: component.status };
  return json(x, shown, statusCode(component.status));
}

function index(x: Exchange): Reply {
  const link = (path: string, templated = false) => ({ href: x.base.at(`/actuator${path}`), templated });
  return json(x, {
    _links: {
      self: link(""),
      health: link("/health"),
      "health-path": link("/health/{*path}", true),
      info: link("/info"),
      metrics: link("/metrics"),
      "metrics-requiredMetricName": link("/metrics/{requiredMetricName}", true),
      prometheus: link("/prometheus"),
      doctor: link("/doctor"),
      loggers: link("/loggers"),
      "loggers-name": link("/loggers/{name}", true),
      sbom: link("/sbom"),
      "sbom-id": link("/sbom/{id}", true),
    },
  });
}

function info(x: Exchange): Reply {
  return json(x, x.services.facts.info);
}

function metrics(x: Exchange): Reply {
  return json(x, { names: [...x.services.metrics.names()].sort() });
}

/** Drills down by `tag=key:value`, which here may be repeated, as in Spring Boot. */
function metric(x: Exchange): Reply {
  const tags = new URLSearchParams(x.search).getAll("tag").map((tag): [string, string] => {
    const colon = tag.indexOf(":");
    if (colon < 1) refuse([{ pointer: "/query/tag", detail: "must have the form key:value" }]);
    return [tag.slice(0, colon), tag.slice(colon + 1)];
  });
  const measurement = x.services.metrics.measurement(x.params.name ?? "", tags);
  if (!measurement) throw new TodosError("not-found", "No such metric, or none with these tags.");
  return json(x, measurement);
}

function prometheus(x: Exchange): Reply {
  return reply(
    200,
    { "content-type": PROMETHEUS, vary: "Accept", "cache-control": "no-store" },
    x.services.metrics.prometheus(),
  );
}

async function doctor(x: Exchange): Promise<Reply> {
  const findings = await x.services.facts.findings();
  return json(x, { status: x.services.health.overall(), components: componentsOf(x), findings });
}

function shownLevel({ configured, effective }: { configured?: LogLevel; effective: LogLevel }): object {
  return { ...(configured === undefined ? {} : { configuredLevel: configured }), effectiveLevel: effective };
}

function loggers(x: Exchange): Reply {
  const all = x.services.loggers.levels().map((level) => [level.name, shownLevel(level)]);
  return json(x, { levels: LOG_LEVELS, loggers: Object.fromEntries(all), groups: {} });
}

function logger(x: Exchange): Reply {
  const level = x.services.loggers.level(x.params.name ?? "");
  if (!level) throw new TodosError("not-found", "No such logger.");
  return json(x, shownLevel(level));
}

async function setLogger(x: Exchange): Promise<Reply> {
  const name = x.params.name ?? "";
  if (!x.services.loggers.level(name)) throw new TodosError("not-found", "No such logger.");
  const level = configuredLevel((await readJson(x, BODY_TYPES)).value);
  x.services.loggers.setLevel(name, level);
  return reply(204, {});
}

/** @returns undefined if the level is inherited again */
function configuredLevel(body: unknown): LogLevel | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    refuse([{ pointer: "", detail: "must be a JSON object" }]);
  }
  const unknown = Object.keys(body).find((name) => name !== "configuredLevel");
  if (unknown !== undefined)
    refuse([{ pointer: pointerTo(unknown), detail: "is not a member of a logger's level" }]);
  const given = "configuredLevel" in body ? body.configuredLevel : null;
  if (given === null) return undefined;
  const level =
    typeof given === "string" ? LOG_LEVELS.find((known) => known === given.toUpperCase()) : undefined;
  if (!level)
    refuse([{ pointer: "/configuredLevel", detail: `must be null or one of: ${LOG_LEVELS.join(", ")}` }]);
  return level;
}

function sboms(x: Exchange): Reply {
  return json(x, { ids: [SBOM_ID] });
}

async function sbom(x: Exchange): Promise<Reply> {
  if (x.params.id !== SBOM_ID) throw new TodosError("not-found", "No such bill of materials.");
  return reply(200, { "content-type": x.mediaType, vary: "Accept" }, await x.services.facts.sbom());
}
