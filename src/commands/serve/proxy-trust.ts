/** @param ranges CIDR ranges, v4 and v6 @returns whether an address lies in one of them; undefined if there are none */
export async function proxyTrust(
  ranges: readonly string[],
): Promise<((address: string) => boolean) | undefined> {
  if (ranges.length === 0) return undefined;
  const { BlockList, isIP, isIPv6 } = await import("node:net");
  const trusted = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix = ""] = range.split("/");
    trusted.addSubnet(network, Number(prefix), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    return isIP(plain) !== 0 && trusted.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  };
}
