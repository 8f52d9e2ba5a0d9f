import { expect, test } from "bun:test";
import { HAS_BROWSER, launched } from "../support/browser.ts";
import { Client } from "../support/client.ts";
import { startService } from "../support/service.ts";

const NAME = "evil.example";
const DEADLINE_MS = 120_000;

/** The page's requests to the server that its name now leads to. */
const ATTACK = `(async () => {
  const json = { "content-type": "application/json" };
  const written = await fetch("/tasks", { method: "POST", headers: json, body: JSON.stringify({ todo: "by a page" }) });
  const read = await fetch("/tasks");
  return [written.status, read.status, await read.text()];
})()`;

// To a browser, a port taken over by another server looks like DNS rebinding: one origin with a new server
// behind it.
test.skipIf(!HAS_BROWSER)(
  "a page whose name later leads to the service (DNS rebinding) can neither read nor write there",
  async () => {
    await using browser = await launched([NAME]);
    const page = await browser.newPage();
    const attacker = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("<title>harmless</title>", { headers: { "content-type": "text/html" } }),
    });
    const port = String(attacker.port);
    await page.goto(`http://${NAME}:${port}/`);
    expect(await page.title()).toBe("harmless");
    await attacker.stop(true);
    await using service = await startService({ TODOS_ALLOWED_HOSTS: "", TODOS_PORT: port });
    const [written, read, text] = await page.evaluate<[number, number, string]>(ATTACK);
    expect([written, read]).toEqual([421, 421]);
    expect(text).toContain("misdirected-request");
    expect((await new Client(service.url).get("/tasks")).text).not.toContain("by a page");
  },
  DEADLINE_MS,
);
