import type { Socket } from "node:net";

/** More than a browser sends before the first empty line; the service's own limit. */
const HEAD_BYTES_MAX = 16 * 1024;
/** How long the first request's head may take, ms. */
const HEAD_MS_MAX = 60_000;
const HEAD_END = /\r?\n\r?\n/;

/**
 * Accepts a connection whose first request names one of our hosts, and answers 421 to any other: a web page must not
 * reach the service by giving its own name this machine's address. One request is enough: a browser never uses a
 * connection for two hosts, and only browsers act for web pages.
 * @param admit receives the data so far
 */
export function admitByHost(
  socket: Socket,
  isAllowed: (authority: string) => boolean,
  admit: (first: Buffer) => void,
): void {
  let head = Buffer.alloc(0);
  const patience = setTimeout(() => socket.destroy(), HEAD_MS_MAX);
  const gone = (): void => {
    clearTimeout(patience);
    socket.destroy();
  };
  const look = (data: Buffer): void => {
    head = Buffer.concat([head, data]);
    const text = head.toString("latin1");
    const end = text.search(HEAD_END);
    if (end < 0 && head.length <= HEAD_BYTES_MAX) return;
    clearTimeout(patience);
    socket.off("data", look).off("end", gone).off("error", gone).off("close", gone);
    const stranger = end < 0 ? undefined : hostsIn(text.slice(0, end)).find((host) => !isAllowed(host));
    if (end >= 0 && stranger === undefined) {
      admit(head);
      return;
    }
    socket.on("error", () => socket.destroy());
    if (stranger === undefined) socket.destroy();
    else socket.end(misdirected(socket.localPort, stranger));
  };
  socket.on("data", look).on("end", gone).on("error", gone).on("close", gone);
}

/** What the head's Host lines say; none if an HTTP/1.0 client has none. */
function hostsIn(head: string): string[] {
  return [...head.matchAll(/^host[ \t]*:([^\r\n]*)/gim)].map(([, host = ""]) => host.trim());
}

/** The service's own problem, whose page the tunnel leads to. */
function misdirected(port: number | undefined, host: string): string {
  const body = JSON.stringify({
    type: `http://127.0.0.1:${port}/problems/misdirected-request`,
    title: "Misdirected request",
    status: 421,
    detail: `${host} is not a name of this port. todos connect answers loopback names and those in its TODOS_ALLOWED_HOSTS.`,
  });
  const headers = [
    "HTTP/1.1 421 Misdirected Request",
    "content-type: application/problem+json",
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${headers.join("\r\n")}\r\n\r\n${body}`;
}
