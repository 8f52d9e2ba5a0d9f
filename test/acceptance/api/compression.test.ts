import { expect, test } from "bun:test";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { Client } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";

const ANSWERS = FULL_SIZE ? 4_000 : 1_000;
const MIB = 1_048_576;
const MEMORY_MIB_MAX = 200;
const TASKS = 200;
const DEADLINE_MS = 300_000;
const SCRIPT = "/docs/swagger-ui-bundle.js";

/**
 * Sends a request on its own connection and counts the bytes of the answer.
 * @returns status and coding
 */
async function taken(url: string, path: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const head = `GET ${path} HTTP/1.1\r\nHost: x.example\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`;
  socket.write(head);
  let said = "";
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (!said.includes("\r\n\r\n")) said += chunk.toString("latin1");
  }
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(said)?.[1]);
  const whole = bytes === said.indexOf("\r\n\r\n") + 4 + length;
  return `${said.slice(9, 12)} ${/\r\ncontent-encoding: (\w+)/i.exec(said)?.[1]} ${whole ? "whole" : "broken off"}`;
}

async function atOnce(service: Service, path: string): Promise<number> {
  const said = await Promise.all(Array.from({ length: ANSWERS }, () => taken(service.url, path)));
  expect([...new Set(said)]).toEqual(["200 gzip whole"]);
  return service.memoryPeakBytes() / MIB;
}

test(
  `${ANSWERS} compressed answers at once take at most ${MEMORY_MIB_MAX} MiB`,
  async () => {
    await using service = await startService();
    const client = new Client(service.url);
    for (let n = 0; n < TASKS; n++)
      await client.task({ todo: `Task ${n} ${Bun.hash(String(n)).toString(36)}` });
    const scripts = await atOnce(service, SCRIPT);
    const pages = await atOnce(service, `/tasks?size=${TASKS}`);
    note(
      `${ANSWERS} compressed answers at once: at most ${scripts.toFixed(0)} MiB with the documentation's script, ${pages.toFixed(0)} MiB with pages of ${TASKS} tasks`,
    );
    expect(Math.max(scripts, pages)).toBeLessThanOrEqual(MEMORY_MIB_MAX);
  },
  DEADLINE_MS,
);

test("the documentation's files have one ETag per coding, and decompress to the same bytes", async () => {
  await using service = await startService();
  const client = new Client(service.url);
  for (const path of [SCRIPT, "/docs/swagger-ui.css"]) {
    const whole = await client.get(path);
    const packed = await client.get(path, { "accept-encoding": "br, gzip, zstd" });
    expect([whole.headers.get("content-encoding"), packed.header("content-encoding")]).toEqual([
      null,
      "gzip",
    ]);
    expect(gunzipSync(packed.bytes).equals(whole.bytes)).toBe(true);
    expect(packed.header("etag")).toBe(whole.header("etag").replace(/"$/, '-gzip"'));
    expect(packed.header("vary")).toContain("Accept-Encoding");
    for (const [reply, coding] of [
      [whole, "identity"],
      [packed, "gzip"],
    ] as const) {
      const again = { "accept-encoding": coding, "if-none-match": reply.header("etag") };
      expect((await client.get(path, again)).status).toBe(304);
      const head = await client.ask("HEAD", path, { headers: { "accept-encoding": coding } });
      expect([head.status, head.header("content-length")]).toEqual([200, String(reply.bytes.length)]);
      const other = coding === "gzip" ? "identity" : "gzip";
      expect((await client.get(path, { ...again, "accept-encoding": other })).status).toBe(200);
    }
  }
});
