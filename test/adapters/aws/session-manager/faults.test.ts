import { expect, test } from "bun:test";
import { connectFault, needsKeepAlive } from "../../../../src/adapters/aws/session-manager/faults.ts";
import { Link } from "../../../../src/adapters/aws/session-manager/link.ts";
import { DeployError } from "../../../../src/application/deploy/errors.ts";

const REQUEST = { sessionType: "Port", portType: "LocalPortForwarding", actions: ["SessionType"] };
const NOTHING = { onMessage: () => undefined, onLost: () => undefined };

test.each([
  ["2.3.722.0", false],
  ["3.0.196.0", false],
  ["3.0.197.0", true],
  ["3.3.2299.0", true],
  ["10.0.0.0", true],
  ["", false],
  ["new", false],
])("an agent %s can be spoken to: %p", (agentVersion, isFine) => {
  expect(connectFault({ ...REQUEST, agentVersion }) === undefined).toBe(isFine);
});

test("a session of another type is refused", () => {
  const agentVersion = "3.3.0.0";
  expect(connectFault({ ...REQUEST, agentVersion, sessionType: "Standard_Stream" })?.message).toContain(
    "of type Standard_Stream",
  );
  expect(connectFault({ ...REQUEST, agentVersion, portType: undefined })).toBeInstanceOf(DeployError);
});

test("agents up to 3.1.1511 get a message now and then", () => {
  expect(["3.1.1511.0", "3.1.1512.0"].map(needsKeepAlive)).toEqual([true, false]);
});

test("a service that can't be reached is reported, with its address", async () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  const opened = Link.open({ url: `ws://127.0.0.1:${port}/x`, headers: {}, hello: "{}" }, NOTHING);
  const error = await opened.then(String, (reason: unknown) => reason);
  expect(error).toMatchObject({ code: "unreachable" });
  expect(String(error)).toContain(`cannot reach Session Manager at 127.0.0.1:${port}`);
});
