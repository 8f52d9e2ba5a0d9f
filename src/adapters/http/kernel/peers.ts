const IPV4_MAPPED = /^::ffff:(?=\d+\.)/i;
const GROUPS = 8;
/** The owner of one IPv6 address usually has all 2⁶⁴ that share its first half. */
const NETWORK_GROUPS = 4;

/**
 * What a limit per peer counts by: an IPv4 address as it is, and the /64 network of an IPv6 one.
 * @param address as a socket gives it
 */
export function networkOf(address: string): string {
  const plain = address.replace(IPV4_MAPPED, "");
  if (!plain.includes(":")) return plain;
  const [before = "", after] = plain.split("%", 1)[0]?.split("::") ?? [];
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  // A tail in dotted form replaces two groups.
  const tailGroups = tail.length + (tail.at(-1)?.includes(".") ? 1 : 0);
  const zeros = new Array<string>(Math.max(0, GROUPS - head.length - tailGroups)).fill("0");
  const groups = [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** How many of something each peer has; only peers with at least one have an entry. */
export class PeerCounts {
  private readonly counts = new Map<string, number>();

  of(peer: string): number {
    return this.counts.get(peer) ?? 0;
  }

  add(peer: string): void {
    this.counts.set(peer, this.of(peer) + 1);
  }

  remove(peer: string): void {
    const left = this.of(peer) - 1;
    if (left > 0) this.counts.set(peer, left);
    else this.counts.delete(peer);
  }
}
