import { ApiError } from "../api/api-error.ts";
import type { Api, Resource } from "../api/types.ts";
import type { Person } from "./types.ts";

/** Who the service says the caller is. */
export type Identity =
  /** `name` is that of the copy. */
  | { readonly is: "somebody"; readonly name: string; readonly me?: Person }
  | { readonly is: "nobody" }
  /** The service's address is another one. */
  | { readonly is: "elsewhere" };

/** @param root just asked for. @throws ApiError */
export async function identityAt(api: Api, root: Resource, start: string): Promise<Identity> {
  const { origin } = new URL(start);
  const self = root._links.self?.href;
  if (self !== undefined && new URL(self).origin !== origin) return { is: "elsewhere" };
  const link = root._links.me;
  if (!link) {
    if (!root._links.checklists) return { is: "nobody" };
    // With a way to sign in there are accounts: this is a guest.
    return { is: "somebody", name: copyName(origin, root._links["sign-in"] ? "guest" : "anyone") };
  }
  try {
    const resource = (await api.get(link)).body;
    if (!resource) return { is: "nobody" };
    const me = personIn(resource);
    return { is: "somebody", name: copyName(origin, me.id), me };
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return { is: "nobody" };
    throw error;
  }
}

function personIn(resource: Resource): Person {
  const { id, login, name, role } = resource;
  return {
    id: String(id),
    login: String(login),
    ...(typeof name === "string" ? { name } : {}),
    isAdmin: role === "admin",
    resource,
  };
}

function copyName(origin: string, who: string): string {
  return `todos:${origin}:${who}`;
}
