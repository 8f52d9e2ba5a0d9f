import type { Documentation } from "../docs/openapi/documentation.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import type { Route } from "../kernel/route.ts";

/** What a resource adds to the API. */
export interface ApiResource {
  readonly routes: readonly Route[];
  /** The root's links to it, by relation. */
  readonly links: (base: LinkBase) => Readonly<Record<string, object>>;
  /** The root's forms for it, by name. */
  readonly templates: (x: Exchange) => Readonly<Record<string, object>>;
  /** Loaded with the first reader of the document: nobody else should pay for it. */
  readonly documentation: () => Promise<Documentation>;
}

export type LoadResources = () => Promise<readonly ApiResource[]>;
