import type { JsonObject, Reply, SmokeClient } from "./client.ts";
import { expectStatus, linkIn } from "./expectations.ts";
import { NotReached } from "./outcomes.ts";

/** What the checks find and create, for later checks and for cleaning up. */
export class SmokeRun {
  readonly name = `smoke ${crypto.randomUUID()}`;
  private root: Reply | undefined;
  private list: Reply | undefined;
  private otherList: Reply | undefined;
  private made: readonly Reply[] = [];
  /** Where the checklist is after its deletion. */
  private trashed: string | undefined;

  constructor(readonly client: SmokeClient) {}

  rootIs(reply: Reply): void {
    this.root = reply;
    this.client.linksBeginWith(linkIn(reply, reply.json, "self"));
  }

  /** The start of the service's own links; absent until the root has answered. */
  get linkBase(): string | undefined {
    return this.root && linkIn(this.root, this.root.json, "self");
  }

  listIs(reply: Reply): void {
    this.list = reply;
  }

  /** @param deleted the answer to its deletion */
  listIsDeleted(deleted: Reply): void {
    this.trashed = trashLinkOf(deleted);
  }

  /** Another one, to move tasks to. */
  otherListIs(reply: Reply): void {
    this.otherList = reply;
  }

  tasksAre(replies: readonly Reply[]): void {
    this.made = replies;
  }

  /** The address behind a relation of the root. @throws NotReached */
  link(relation: string): string {
    const root = reached(this.root, "the root");
    return linkIn(root, root.json, relation);
  }

  /** Addresses of the checklist created here. @throws NotReached */
  listLink(relation: "self" | "tasks"): string {
    const list = reached(this.list, "the checklist");
    return linkIn(list, list.json, relation);
  }

  /** The nth task created here. @throws NotReached */
  task(index: number): { readonly url: string; readonly json: JsonObject; readonly reply: Reply } {
    const reply = reached(this.made[index], "the tasks");
    return { url: linkIn(reply, reply.json, "self"), json: reply.json, reply };
  }

  taskIds(): readonly unknown[] {
    return this.made.map(({ json }) => json.id);
  }

  /** @param client one whose requests still go out after an interruption */
  async cleanUp(client: SmokeClient): Promise<void> {
    for (const list of [this.list, this.otherList])
      if (list) await removed(linkIn(list, list.json, "self"), client);
    if (this.trashed !== undefined) await removedForGood(this.trashed, client);
  }
}

async function removed(url: string, client: SmokeClient): Promise<void> {
  const seen = await client.ask("GET", url);
  if (seen.status === 404) return;
  const deleted = await client.ask("DELETE", url);
  expectStatus(deleted, 204);
  const trashed = trashLinkOf(deleted);
  if (trashed !== undefined) await removedForGood(trashed, client);
}

async function removedForGood(trashed: string, client: SmokeClient): Promise<void> {
  expectStatus(await client.ask("DELETE", trashed), 204);
}

function reached<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotReached(`${what} could not be reached`);
  return value;
}

/** Where something went that was deleted; undefined if it is gone. */
export function trashLinkOf({ headers }: Reply): string | undefined {
  return /<([^>]+)>; rel="trash"/.exec(headers.get("link") ?? "")?.[1];
}

/** An address with one more query parameter. */
export function withQuery(link: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(link);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
