import { createServer, type Server } from "node:net";

/** Below what Linux hands to outgoing connections (32768 and up), so nothing takes a port in between. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 100;

/** `count` different ports, each free on every one of the addresses. */
export async function freePorts(addresses: readonly string[], count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count && attempt < ATTEMPTS_MAX; attempt++) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (await isFree(addresses, port)) ports.add(port);
  }
  if (ports.size < count) throw new Error(`No ${count} free ports on ${addresses.join(", ")}.`);
  return [...ports];
}

async function isFree(addresses: readonly string[], port: number): Promise<boolean> {
  const held = await Promise.allSettled(addresses.map((address) => listen(address, port)));
  const servers = held.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return servers.length === addresses.length;
}

function listen(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}
