import { expect, test } from "bun:test";
import { proxyVoucher } from "../../../src/adapters/identity/proxy.ts";

const SECRET = "the proxy's secret, at least 32 characters";
const vouched = proxyVoucher("X-Remote-User", SECRET);
const known = { "Todos-Proxy-Secret": SECRET };
const trusted = () => true;
const NOTHING = { kind: "nothing" } as const;

test("a trusted proxy that knows the secret says who it is; logins are lower-cased", () => {
  const login = { kind: "login", login: "ann@example.org" };
  expect(vouched(new Headers({ ...known, "X-Remote-User": "Ann@Example.org " }), trusted)).toEqual(
    login as never,
  );
  expect(vouched(new Headers({ ...known, "x-REMOTE-user": "ann@example.org" }), trusted)).toEqual(
    login as never,
  );
});

test("from another peer, with another secret or without one it counts for nothing", () => {
  const header = { "X-Remote-User": "ann" };
  expect(vouched(new Headers({ ...known, ...header }), () => false)).toEqual(NOTHING);
  for (const secret of ["", "wrong", SECRET.slice(1), `${SECRET}x`, `${SECRET}, ${SECRET}`])
    expect(vouched(new Headers({ ...header, "Todos-Proxy-Secret": secret }), trusted)).toEqual(NOTHING);
  expect(vouched(new Headers(header), trusted)).toEqual(NOTHING);
});

test("a secret sent twice, by the client and by the proxy, is wrong", () => {
  const headers = new Headers({ "X-Remote-User": "ann", ...known });
  headers.append("Todos-Proxy-Secret", "the client's");
  expect(vouched(headers, trusted)).toEqual(NOTHING);
});

test("with underscores it is another header; empty it is none", () => {
  expect(vouched(new Headers({ ...known, X_Remote_User: "ann" }), trusted)).toEqual(NOTHING);
  expect(vouched(new Headers({ ...known, "X-Remote_User": "ann" }), trusted)).toEqual(NOTHING);
  expect(vouched(new Headers({ ...known, "X-Remote-User": " " }), trusted)).toEqual(NOTHING);
});

test("sent twice, or what is no login, is unclear", () => {
  const twice = new Headers(known);
  twice.append("X-Remote-User", "ann");
  twice.append("X-Remote-User", "eve");
  expect(vouched(twice, trusted).kind).toBe("unclear");
  const emptyFirst = new Headers(known);
  emptyFirst.append("X-Remote-User", "");
  emptyFirst.append("X-Remote-User", "ann");
  expect(vouched(emptyFirst, trusted).kind).toBe("unclear");
  for (const login of ["ann, eve", "ann eve", "ann;eve", "a\u00e9", "a".repeat(65), "ann/../eve"])
    expect(vouched(new Headers({ ...known, "X-Remote-User": login }), trusted).kind).toBe("unclear");
});
