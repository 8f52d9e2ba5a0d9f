import { createHash, timingSafeEqual } from "node:crypto";
import type { ProxyVoucher, Vouched } from "../../application/accounts/ports.ts";

/** Where the proxy sends the secret by which we know it from anyone else at its address. */
export const PROXY_SECRET_HEADER = "Todos-Proxy-Secret";
/** What a login can be; two headers of one name come joined by a comma. */
const LOGIN = /^[a-z0-9._@+-]{1,64}$/;
const NOTHING: Vouched = { kind: "nothing" };

/**
 * Believes a header about who is signed in, if it comes from one of our proxies with the secret. Only the header of
 * exactly that name counts: one with underscores is another, and a client's.
 */
export function proxyVoucher(header: string, secret: string): ProxyVoucher {
  const expected = digest(secret);
  return (headers, isTrusted) => {
    const login = headers.get(header)?.trim().toLowerCase();
    if (login === undefined || login === "") return NOTHING;
    // Digests have one length, so comparing takes the same time for every guess.
    const isKnown = timingSafeEqual(digest(headers.get(PROXY_SECRET_HEADER) ?? ""), expected);
    if (!isKnown || !isTrusted()) return NOTHING;
    if (LOGIN.test(login)) return { kind: "login", login };
    return {
      kind: "unclear",
      reason: `${header} is not one login: the proxy must remove what clients send.`,
    };
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
