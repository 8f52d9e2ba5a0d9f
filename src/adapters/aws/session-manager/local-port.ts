import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { DeployError } from "../../../application/deploy/errors.ts";

const LOOPBACK = "127.0.0.1";
/** Connections at a time; more are turned away. */
const CONNECTIONS_MAX = 512;

/** A local port that only this machine can reach. */
export class LocalPort {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param port 0: any that is free. @throws DeployError if it is taken */
  static async listen(port: number): Promise<LocalPort> {
    // A half-closed connection may still get its answer.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.maxConnections = CONNECTIONS_MAX;
    const opened = Promise.withResolvers<void>();
    server.once("error", (error) => opened.reject(whyNot(port, error)));
    server.listen(port, LOOPBACK, opened.resolve);
    await opened.promise;
    return new LocalPort(server);
  }

  get number(): number {
    const { port } = this.server.address() as AddressInfo;
    return port;
  }

  get connections(): ReadonlySet<Socket> {
    return this.sockets;
  }

  onConnection(handle: (socket: Socket) => void): void {
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
      handle(socket);
    });
  }

  async close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.server.close(() => closed.resolve());
    for (const socket of this.sockets) socket.destroy();
    await closed.promise;
  }
}

function whyNot(port: number, error: Error): DeployError {
  const code = "code" in error ? String(error.code) : "";
  const facts = { cause: error };
  if (code === "EADDRINUSE") {
    const advice = `choose another with --port, or use --port 0 for any free one; todos serve listens on 8181 as well`;
    return new DeployError("port", `port ${port} on this machine is in use`, advice, facts);
  }
  if (code === "EACCES") {
    const advice = "choose one above 1023 with --port, or use --port 0 for any free one";
    return new DeployError("port", `port ${port} on this machine needs more privileges`, advice, facts);
  }
  return new DeployError(
    "port",
    `port ${port} on this machine could not be opened: ${error.message}`,
    "choose another with --port",
    facts,
  );
}
