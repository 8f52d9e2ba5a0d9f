import net from "node:net";

/** What happens to a request on its way to the registry. */
export interface Fault {
  readonly method: string;
  /** Part of the request's path. */
  readonly path?: string;
  /** Requests of this kind that pass before. */
  readonly after?: number;
  /** Requests that it happens to; 1 where absent. */
  readonly times?: number;
  readonly does: FaultKind;
}

export type FaultKind =
  /** The connection ends before the registry sees anything. */
  | { readonly kind: "cut-before" }
  /** The registry gets the first bytes, then the connection ends on both sides. */
  | { readonly kind: "cut-within"; readonly bytes: number }
  /** The registry gets everything; what it answers is lost. */
  | { readonly kind: "lose-answer" }
  /** The first bytes of the answer arrive, then the connection ends. */
  | { readonly kind: "cut-answer"; readonly bytes: number }
  /** This is answered, and the registry sees nothing. */
  | { readonly kind: "answer"; readonly text: string };

export interface FaultyWay extends AsyncDisposable {
  readonly origin: string;
  /** Method and path of each request that came by, in order. */
  readonly requests: readonly string[];
  /** Bytes that came from the client. */
  bytesIn(): number;
  plan(...faults: readonly Fault[]): void;
}

const REQUEST_LINE = /^(GET|HEAD|POST|PATCH|PUT) (\S+) HTTP\/1\.1\r\n/;

/** A TCP proxy in front of a registry that breaks connections on request. */
export async function faultyWayTo(port: number): Promise<FaultyWay> {
  const requests: string[] = [];
  const state: State = { faults: [], requests, bytesIn: 0, sockets: new Set() };
  const server = net.createServer({ noDelay: true }, (client) => joined(client, port, state));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    bytesIn: () => state.bytesIn,
    plan: (...faults) => {
      requests.length = 0;
      state.bytesIn = 0;
      state.faults = faults.map((fault) => ({ ...fault, seen: 0, happened: 0 }));
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of state.sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface PlannedFault extends Fault {
  seen: number;
  happened: number;
}

interface State {
  faults: PlannedFault[];
  readonly requests: string[];
  bytesIn: number;
  readonly sockets: Set<net.Socket>;
}

function joined(client: net.Socket, port: number, state: State): void {
  const upstream = net.connect({ port, host: "127.0.0.1", noDelay: true });
  const both = [client, upstream];
  const end = () => {
    for (const socket of both) socket.destroy();
  };
  for (const socket of both) {
    state.sockets.add(socket);
    // A broken connection is what this is for.
    socket.on("error", end);
    socket.on("close", () => {
      state.sockets.delete(socket);
      end();
    });
  }
  let fault: FaultKind | undefined;
  let between = true;
  let sent = 0;
  let answered = 0;
  client.on("data", (chunk: Buffer) => {
    state.bytesIn += chunk.length;
    if (between) {
      const [, method = "", path = ""] = REQUEST_LINE.exec(chunk.toString("latin1", 0, 4_096)) ?? [];
      state.requests.push(`${method} ${path}`);
      fault = faultFor(state.faults, method, path);
      [between, sent, answered] = [false, 0, 0];
    }
    if (fault?.kind === "cut-before") return end();
    if (fault?.kind === "answer") return void client.end(fault.text);
    const part = fault?.kind === "cut-within" ? chunk.subarray(0, Math.max(fault.bytes - sent, 0)) : chunk;
    sent += part.length;
    const cut = fault?.kind === "cut-within" && sent >= fault.bytes;
    upstream.write(part, () => {
      if (cut) end();
    });
  });
  upstream.on("data", (chunk: Buffer) => {
    between = true;
    if (fault?.kind === "lose-answer") return end();
    if (fault?.kind !== "cut-answer") return void client.write(chunk);
    const part = chunk.subarray(0, Math.max(fault.bytes - answered, 0));
    answered += part.length;
    const cut = answered >= fault.bytes;
    client.write(part, () => {
      if (cut) end();
    });
  });
}

function faultFor(faults: readonly PlannedFault[], method: string, path: string): FaultKind | undefined {
  for (const fault of faults) {
    if (fault.method !== method || !path.includes(fault.path ?? "")) continue;
    fault.seen++;
    if (fault.seen <= (fault.after ?? 0) || fault.happened >= (fault.times ?? 1)) continue;
    fault.happened++;
    return fault.does;
  }
  return undefined;
}
