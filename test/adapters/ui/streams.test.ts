import { expect, test } from "bun:test";
import { HttpApi } from "../../../src/adapters/ui/api/http-api.ts";
import { eventsOf } from "../../../src/adapters/ui/api/streams.ts";

const HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";

/** A service that says this to whatever it is asked, and hangs up. */
function saying(text: string) {
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => {
        socket.write(text);
        socket.end();
      },
    },
  });
}

async function rowsAt(port: number): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const row of new HttpApi(`http://127.0.0.1:${port}/`, fetch).rows("/rows")) rows.push(row);
  return rows;
}

test("rows that break off are no shorter list: they fail", async () => {
  const line = '{"id":"1","_links":{}}\n';
  const chunk = `${line.length.toString(16)}\r\n${line}\r\n`;
  using whole = saying(`${HEAD}${chunk}0\r\n\r\n`);
  expect(await rowsAt(whole.port)).toHaveLength(1);
  for (const text of [`${HEAD}${chunk}`, HEAD]) {
    using broken = saying(text);
    expect(await rowsAt(broken.port).catch((error: unknown) => error)).toMatchObject({
      problem: { code: "unreachable" },
    });
  }
});

test("a stream of events ends when it is told to, even if the connection does not", async () => {
  const end = new AbortController();
  const endless = new Response(new ReadableStream());
  const events = eventsOf(endless, end.signal)[Symbol.asyncIterator]();
  const next = events.next().catch((error: unknown) => error);
  end.abort();
  expect(await next).toMatchObject({ problem: { code: "unreachable" } });
});
