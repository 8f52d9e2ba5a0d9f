import type { Role } from "../../domain/access.ts";

/** How long an instance may take a role for the current one, ms. */
export const ROLE_KEPT_MS = 10_000;
/** Lists of which roles are remembered; the one that came first is forgotten. */
const LISTS_MAX = 10_000;

interface Remembered {
  readonly role: Role;
  readonly readAt: number;
}

/**
 * Roles as they were read a moment ago. That a user has none is not remembered: one who has just got a role is let in at
 * once, on every instance.
 */
export class RoleMemory {
  private readonly lists = new Map<string, Map<string, Remembered>>();
  private changes = 0;

  /** @param now milliseconds from any moment on */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Without a promise: every request of somebody asks. @returns undefined if none is remembered */
  known(list: string, userId: string): Role | undefined {
    const known = this.lists.get(list)?.get(userId);
    return known && this.now() - known.readAt < ROLE_KEPT_MS ? known.role : undefined;
  }

  /** The role as it is read now. */
  async fresh(
    list: string,
    userId: string,
    read: () => Promise<Role | undefined>,
  ): Promise<Role | undefined> {
    const startedAt = this.now();
    const { changes } = this;
    const role = await read();
    // What was read while something changed may be what was before.
    if (role !== undefined && changes === this.changes) this.keep(list, userId, { role, readAt: startedAt });
    return role;
  }

  /** Call it before this instance changes something, and after it. @param list absent: all */
  forget(list?: string): void {
    this.changes++;
    if (list === undefined) this.lists.clear();
    else this.lists.delete(list);
  }

  private keep(list: string, userId: string, remembered: Remembered): void {
    const users = this.lists.get(list) ?? new Map<string, Remembered>();
    users.set(userId, remembered);
    const [oldest] = this.lists.keys();
    if (!this.lists.has(list) && this.lists.size >= LISTS_MAX && oldest !== undefined)
      this.lists.delete(oldest);
    this.lists.set(list, users);
  }
}
