import type { HttpApi } from "../api/http-api.ts";
import { expanded } from "../api/links.ts";
import type { Link, Resource } from "../api/types.ts";
import { ActError, type Trash, type TrashPage, type TrashRow } from "./types.ts";

export class OnlineTrash implements Trash {
  /** @param idOf of a list, by its key */
  constructor(
    private readonly api: HttpApi,
    private readonly root: () => Resource | undefined,
    private readonly idOf: (list: string) => string | undefined,
    private readonly uuid: () => string,
  ) {}

  lists(next?: Link): Promise<TrashPage> {
    const link = next ?? this.root()?._links.trash;
    return this.page(link, "checklists");
  }

  tasksOf(list: string, next?: Link): Promise<TrashPage> {
    const find = this.root()?._links["find-trash"];
    const id = this.idOf(list);
    const link = find && id !== undefined ? { href: expanded(find, { checklist: id }) } : undefined;
    return this.page(next ?? link, "tasks");
  }

  async restore({ resource }: TrashRow): Promise<void> {
    const link = resource._links.restore;
    if (!link) throw new ActError("right");
    await this.api.post(link, undefined, { idempotencyKey: this.uuid() });
  }

  async erase({ resource }: TrashRow): Promise<void> {
    const link = resource._links.self;
    if (!link) throw new ActError("right");
    await this.api.delete(link);
  }

  private async page(link: Link | undefined, name: string): Promise<TrashPage> {
    if (!link) return { rows: [] };
    const { body } = await this.api.get(link);
    const next = body?._links.next;
    return { rows: (body?._embedded?.[name] ?? []).map(rowOf), ...(next ? { next } : {}) };
  }
}

function rowOf(resource: Resource): TrashRow {
  const { id, todo, name, deletedAt, _links } = resource;
  return {
    id: String(id),
    name: String(todo ?? name),
    deletedAt: new Date(String(deletedAt)),
    // The service refuses callers who may not: rows of a page have no templates.
    may: { restore: _links.restore !== undefined, erase: _links.self !== undefined },
    resource,
  };
}
