import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Api, Link, Resource, Template, Values } from "../api/types.ts";

/** What was asked of the service: nothing yet, an answer, or why there is none. */
export interface Asked {
  readonly resource: Resource | undefined;
  readonly problem: unknown;
  /** Asks again; what stands there stays until the answer comes. */
  readonly again: () => Promise<void>;
}

/** A resource that is shown as long as the component is. @param link nothing: it is not asked for */
export function useResource(api: Api, link: Link | string | undefined): Asked {
  const resource = useSignal<Resource | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const href = typeof link === "string" ? link : link?.href;
  const again = () => (href === undefined ? Promise.resolve() : load(api, href, resource, problem));
  useEffect(() => {
    void again();
  }, [href]);
  return { resource: resource.value, problem: problem.value, again };
}

async function load(
  api: Api,
  href: string,
  resource: Signal<Resource | undefined>,
  problem: Signal<unknown>,
): Promise<void> {
  try {
    resource.value = (await api.get(href)).body;
    problem.value = undefined;
  } catch (error) {
    problem.value = error;
  }
}

export function rowsOf(resource: Resource | undefined, name: string): readonly Resource[] {
  return resource?._embedded?.[name] ?? [];
}

export function textOf(resource: Resource | undefined, member: string): string {
  const value = resource?.[member];
  return typeof value === "string" ? value : "";
}

export function hrefOf(resource: Resource): string {
  return resource._links.self?.href ?? "";
}

/** A form without a body: what there is to say goes into the query. */
export function asQuery(template: Template, values: Values): Template {
  const url = new URL(template.target);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, String(value));
  return { ...template, target: url.href };
}
