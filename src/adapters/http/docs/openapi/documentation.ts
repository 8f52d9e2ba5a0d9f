import type { Order } from "../../kernel/query.ts";
import type { JsonSchema } from "./basics.ts";
import type { Documented } from "./operations.ts";

/** What a resource adds to the OpenAPI document. */
export interface Documentation {
  readonly tag: { readonly name: string; readonly description: string };
  /** @param order what the store orders checklists by */
  readonly operations: (order: Order) => readonly Documented[];
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** Relations of the root's plain links to it. */
  readonly relations: readonly string[];
  /** Relations of the root's templated links to it. */
  readonly templated: readonly string[];
}
