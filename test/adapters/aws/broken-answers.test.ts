import { expect, test } from "bun:test";
import { AwsConnection } from "../../../src/adapters/aws/connection.ts";
import { EcrRegistry } from "../../../src/adapters/aws/ecr.ts";
import { privateZones } from "../../../src/adapters/aws/hosted-zones.ts";
import { DeployError } from "../../../src/application/deploy/errors.ts";

const KEYS = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };

/** Ends each connection after the first bytes of a longer answer. */
function breakingServer() {
  const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n<ListHosted";
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => {
        socket.write(answer);
        socket.end();
      },
    },
  });
}

function connectionTo(port: number, credentials = async () => KEYS): AwsConnection {
  return new AwsConnection({
    region: "eu-west-1",
    endpoint: `http://127.0.0.1:${port}`,
    clock: { now: Date.now, sleep: () => Promise.resolve() },
    credentials,
    fixedKeys: true,
    onExpired: () => undefined,
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => "no error",
    (reason) => reason,
  );
  return error instanceof DeployError ? error.code : `not a DeployError: ${error}`;
}

test("hosted zones: a connection that breaks inside the answer → unreachable", async () => {
  using server = breakingServer();
  expect(await codeOf(privateZones(connectionTo(server.port), "eu-west-1", "vpc-1"))).toBe("unreachable");
});

test("hosted zones: keys that can't be loaded → credentials", async () => {
  const none = () =>
    Promise.reject(Object.assign(new Error("no provider has any"), { name: "CredentialsProviderError" }));
  expect(await codeOf(privateZones(connectionTo(1, none), "eu-west-1", "vpc-1"))).toBe("credentials");
});

test("registry: a connection that breaks inside the answer → unreachable", async () => {
  using server = breakingServer();
  const login = { origin: `http://127.0.0.1:${server.port}`, username: "AWS", password: "password" };
  const registry = new EcrRegistry(connectionTo(server.port));
  expect(await codeOf(registry.tag("todos", "sha256:1", "good", login))).toBe("unreachable");
});
