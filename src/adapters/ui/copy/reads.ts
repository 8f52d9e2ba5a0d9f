/** A request that is under way, from before it is sent until what it says is in the copy. */
export interface Read {
  readonly since: number;
}

/**
 * Tells which answers may be older than the copy. An answer about an address counts only if nothing else about that
 * address has got into the copy since the request was made; else it is asked again. So what the copy takes over about
 * an address is never older than what it had, however answers overtake each other.
 */
export class Reads {
  private now = 0;
  private readonly open = new Set<Read>();
  /** When the copy was last told about an address, while somebody was asking, and by which request. */
  private readonly told = new Map<string, { readonly at: number; readonly by: Read | undefined }>();

  /** Before the request is sent. */
  begin(): Read {
    const read = { since: this.now };
    this.open.add(read);
    return read;
  }

  end(read: Read): void {
    this.open.delete(read);
    // Nobody is left who could be late.
    if (this.open.size === 0) this.told.clear();
  }

  /**
   * The copy is in step with what the service has, or has not, at this address.
   * @param by the request that has told, which is not late because of itself
   */
  tell(self: string, by?: Read): void {
    if (this.open.size > 0) this.told.set(self, { at: ++this.now, by });
  }

  /** Whether the copy may know better by now than the request's answer. */
  isLate(read: Read, self: string): boolean {
    const last = this.told.get(self);
    return last !== undefined && last.by !== read && last.at > read.since;
  }
}
