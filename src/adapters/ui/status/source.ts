import { startUrl } from "../shell/start.ts";
import type { Sample } from "./samples.ts";

interface Link {
  readonly href: string;
}

type Links = Readonly<Record<string, Link>>;

/** A measurement of Micrometer's. */
interface Metric {
  readonly measurements: readonly { readonly statistic: string; readonly value: number }[];
  readonly availableTags: readonly { readonly tag: string; readonly values: readonly string[] }[];
}

export interface Finding {
  readonly check: string;
  readonly result: "ok" | "warn" | "fail";
  readonly message: string;
  readonly advice?: string;
}

export interface Health {
  readonly status: string;
  readonly components?: Readonly<Record<string, { readonly status: string }>>;
}

export interface Info {
  readonly build: { readonly version: string };
  readonly git: { readonly commit: { readonly id: string; readonly time: string } };
  readonly store: { readonly kind: string; readonly durability: string };
  /** Absent where nobody said when it was deployed. */
  readonly deployment?: { readonly time: string };
}

/** An answer that is none: the reader may not see it, or it is not there. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`The service answered ${status}.`);
    this.name = "Refused";
  }
}

const OF_PROCESS = "process";
/** Names of numbers that are measured. */
export const METRICS = {
  startTime: `${OF_PROCESS}.start.time`,
  memory: `${OF_PROCESS}.memory.resident`,
  diskFree: "disk.free",
} as const;
const REQUESTS = "http.server.requests";
const ERROR = "SERVER_ERROR";
const JSON_TYPE = "application/json";
const NOT_FOUND = 404;
const UNHEALTHY = 503;
/** Longer than that nobody waits for a picture of now. */
const TIMEOUT_MS = 10_000;

/** Where the service says how it is; reached by links from its root alone. */
export interface Source {
  readonly health: () => Promise<Health>;
  /** Absent for those who may not see it, and where it is on a port of its own. */
  readonly actuator: Actuator | undefined;
}

export interface Actuator {
  readonly info: () => Promise<Info>;
  /** With its components, which the answer to everybody may leave out. */
  readonly health: () => Promise<Health>;
  readonly findings: () => Promise<readonly Finding[]>;
  readonly sample: () => Promise<Sample>;
  /** One number. @returns undefined if the service doesn't have it */
  readonly value: (metric: string) => Promise<number | undefined>;
}

/** @throws Refused */
export async function openSource(): Promise<Source> {
  const root = await linksOf(startUrl());
  const actuator = root.actuator && (await linksOf(root.actuator.href));
  return { health: () => healthAt(root.health), actuator: actuator && actuatorBy(actuator) };
}

/** 503 is an answer: how the service is, if it is not well. */
async function healthAt(link: Link | undefined): Promise<Health> {
  const response = await asked(link?.href ?? "");
  if (!response.ok && response.status !== UNHEALTHY) throw new Refused(response.status);
  return (await response.json()) as Health;
}

function actuatorBy(links: Links): Actuator {
  const { href = "" } = links["metrics-requiredMetricName"] ?? {};
  const metric = (name: string, tag?: string) => metricAt(href.replace(/\{\w+\}/, name), tag);
  const doctor = () => read<Health & { findings: readonly Finding[] }>(links.doctor?.href ?? "");
  return {
    info: () => read<Info>(links.info?.href ?? ""),
    health: doctor,
    findings: async () => (await doctor()).findings,
    value: async (name) => statisticOf(await metric(name), "VALUE"),
    sample: async () => {
      const all = await metric(REQUESTS);
      const errors = hasErrors(all) ? await metric(REQUESTS, `outcome:${ERROR}`) : undefined;
      return {
        atMs: performance.now(),
        requests: statisticOf(all, "COUNT") ?? 0,
        requestSeconds: statisticOf(all, "TOTAL_TIME") ?? 0,
        errors: statisticOf(errors, "COUNT") ?? 0,
      };
    },
  };
}

/** What nobody has caused yet is not there, and asking for it would be an error of its own. */
function hasErrors(all: Metric | undefined): boolean {
  return all?.availableTags.some(({ values }) => values.includes(ERROR)) ?? false;
}

function statisticOf(measured: Metric | undefined, statistic: string): number | undefined {
  return measured?.measurements.find((each) => each.statistic === statistic)?.value;
}

/** @returns undefined where nothing has been measured yet */
async function metricAt(href: string, tag: string | undefined): Promise<Metric | undefined> {
  const url = new URL(href);
  if (tag !== undefined) url.searchParams.set("tag", tag);
  const response = await asked(url.href);
  if (response.status === NOT_FOUND) return undefined;
  if (!response.ok) throw new Refused(response.status);
  return (await response.json()) as Metric;
}

async function linksOf(href: string): Promise<Links> {
  return (await read<{ _links: Links }>(href))._links;
}

async function read<T>(href: string): Promise<T> {
  const response = await asked(href);
  if (!response.ok) throw new Refused(response.status);
  return (await response.json()) as T;
}

function asked(href: string): Promise<Response> {
  return fetch(href, { headers: { accept: JSON_TYPE }, signal: AbortSignal.timeout(TIMEOUT_MS) });
}
