import { expect, test } from "bun:test";
import { networkOf } from "../../../src/adapters/http/kernel/peers.ts";

test("an IPv4 address counts as itself, in whatever form a socket reports it", () => {
  for (const address of ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:192.0.2.7"]) {
    expect(networkOf(address)).toBe("192.0.2.7");
  }
});

test("all addresses of one IPv6 /64 count as one", () => {
  const same = ["2001:db8:0:7::1", "2001:0DB8:0:0007:ffff:ffff:ffff:ffff", "2001:db8:0:7::192.0.2.1"];
  for (const address of same) expect([address, networkOf(address)]).toEqual([address, "2001:db8:0:7::/64"]);
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(networkOf("2001:db8:0:8::1")).not.toBe(networkOf("2001:db8:0:7::1"));
  expect(networkOf("::1")).toBe("0:0:0:0::/64");
  expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
});
