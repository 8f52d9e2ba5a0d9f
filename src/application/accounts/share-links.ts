import type { User as UserCaller } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { refuse, TodosError } from "../../domain/errors.ts";
import type { MemberRole } from "../../domain/membership.ts";
import { sha256 } from "../../lib/sha256.ts";
import { notFound } from "../written.ts";
import type { AccountParts } from "./deps.ts";
import type { ShareLink, StoredRecord } from "./records.ts";
import { isSecret, newSecret } from "./secrets.ts";
import { sharedList } from "./shared-list.ts";

export const LINKS_PER_LIST_MAX = 100;

/** @property expiresAt milliseconds since the Unix epoch */
export interface ShareLinkRequest {
  readonly role: MemberRole;
  readonly name?: string | undefined;
  readonly expiresAt?: number | undefined;
}

/** @property secret never shown again */
export interface NewShareLink {
  readonly link: ShareLink;
  readonly secret: string;
}

/** Links that let in anyone who has them, to one list, without an account. */
export class ShareLinks {
  constructor(private readonly parts: AccountParts) {}

  /** @throws TodosError not-found, validation-failed, conflict */
  async create(
    caller: UserCaller,
    checklistId: string,
    { role, name, expiresAt }: ShareLinkRequest,
    from: string,
  ): Promise<NewShareLink> {
    const { book, clock, ids, random, audit } = this.parts;
    const now = clock.now();
    if (expiresAt !== undefined && expiresAt <= now)
      refuse([{ pointer: "/expiresAt", detail: "must be in the future" }]);
    if ((await this.list(checklistId)).length >= LINKS_PER_LIST_MAX)
      throw new TodosError(
        "conflict",
        `A checklist has at most ${LINKS_PER_LIST_MAX} links. Revoke one first.`,
      );
    const secret = newSecret(random);
    const link: ShareLink = {
      id: ids.next(),
      checklistId,
      role,
      ...(name === undefined ? {} : { name: name.trim() }),
      createdBy: caller.id,
      createdAt: now,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    const isNew = await book.add("link", { key: sha256(secret), owner: checklistId, value: link, expiresAt });
    if (!isNew) throw new TypeError("a new secret is taken");
    audit.tell("share link made", { who: caller.login, from, on: checklistId, link: link.id, role });
    return { link, secret };
  }

  /** Those that have not ended, in the order in which they were made. @throws TodosError not-found */
  async list(checklistId: string): Promise<readonly ShareLink[]> {
    await sharedList(this.parts, checklistId);
    const stored = await this.parts.book.all("link", checklistId);
    return stored.map(({ value }) => value).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws TodosError not-found */
  async get(checklistId: string, id: string): Promise<ShareLink> {
    return (await this.stored(checklistId, id)).value;
  }

  /**
   * Once this resolves, nobody gets in with the link, and its guests are out.
   * @throws TodosError not-found
   */
  async revoke(caller: UserCaller, checklistId: string, id: string, from: string): Promise<void> {
    const { book, audit } = this.parts;
    // Nothing else ever writes it.
    if (!(await book.remove("link", await this.stored(checklistId, id)))) throw notFound("link");
    audit.tell("share link revoked", { who: caller.login, from, on: checklistId, link: id });
  }

  /** The link and its list. Looking uses nothing up. @throws TodosError not-found */
  async open(secret: string): Promise<{ readonly link: ShareLink; readonly list: Checklist }> {
    const found = isSecret(secret) ? await this.parts.book.find("link", sha256(secret)) : undefined;
    const list = found && (await this.parts.store.findChecklist(found.value.checklistId));
    if (!list) throw notFound("resource");
    return { link: found.value, list };
  }

  private async stored(checklistId: string, id: string): Promise<StoredRecord<ShareLink>> {
    await sharedList(this.parts, checklistId);
    const found = (await this.parts.book.all("link", checklistId)).find(({ value }) => value.id === id);
    if (!found) throw notFound("link");
    return found;
  }
}
