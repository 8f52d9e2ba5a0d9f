import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { finished } from "../../support/binary.ts";
import { Client } from "../../support/client.ts";
import { type Data, type Service, scratchData, startService } from "../../support/service.ts";

let data: Data;
let service: Service;
let ca: string;
beforeAll(async () => {
  data = scratchData();
  const [cert, key] = [join(data.folder, "cert.pem"), join(data.folder, "key.pem")];
  const made = await finished([
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  if (made.exitCode !== 0) throw new Error(made.stderr);
  ca = readFileSync(cert, "utf8");
  service = await startService({ TODOS_TLS_CERT: cert, TODOS_TLS_KEY: key }, data);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  data[Symbol.dispose]();
});

test("serves HTTPS with the given certificate, and links say so", async () => {
  expect(service.url).toStartWith("https://");
  const root = await new Client(service.url).ask("GET", "/", { tls: { ca } });
  expect([root.status, root.link("self")]).toEqual([200, `${service.url}/`]);
});

test("hosts with a name of one letter find their paths too", async () => {
  for (const host of ["a", "db", "a.b", "abcd"]) {
    const reply = await new Client(service.url).ask("GET", "/tasks", { tls: { ca }, headers: { host } });
    expect([host, reply.status]).toEqual([host, 200]);
  }
});

test("a client that does not know the certificate refuses it", async () => {
  const refused = await new Client(service.url).get("/").catch((error: unknown) => error);
  expect(String(refused)).toMatch(/self.signed|certificate/i);
});

/** Protocol and cipher that a client with only this offer agrees on with the service. */
function handshake(version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3", ciphers?: string): Promise<string> {
  return new Promise((resolve) => {
    const options = {
      port: Number(new URL(service.url).port),
      host: "127.0.0.1",
      ca,
      servername: "localhost",
      minVersion: version,
      maxVersion: version,
      ...(ciphers === undefined ? {} : { ciphers }),
    };
    const socket = tlsConnect(options, () => {
      resolve(ciphers === undefined ? (socket.getProtocol() ?? "none") : socket.getCipher().name);
      socket.destroy();
    });
    socket.on("error", () => resolve("refused"));
  });
}

test("speaks only TLS 1.2 and later", async () => {
  expect([await handshake("TLSv1.2"), await handshake("TLSv1.3"), await handshake("TLSv1.1")]).toEqual([
    "TLSv1.2",
    "TLSv1.3",
    "refused",
  ]);
});

test("with TLS 1.2 it accepts only ECDHE with authenticated encryption", async () => {
  for (const cipher of ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"]) {
    const name = `ECDHE-ECDSA-${cipher}`;
    expect(await handshake("TLSv1.2", name)).toBe(name);
  }
  for (const name of [
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES128-SHA",
  ]) {
    expect([name, await handshake("TLSv1.2", name)]).toEqual([name, "refused"]);
  }
});

test("plain HTTP on that port gets no answer from the service", async () => {
  const answer = await fetch(service.url.replace("https:", "http:")).then(
    ({ status }) => status,
    () => "no answer",
  );
  expect(answer).not.toBe(200);
});
