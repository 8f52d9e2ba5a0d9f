import { connect, createServer, type Server, type Socket } from "node:net";

/** What happens to the first matching statement. */
export interface Fault {
  readonly fits: (cql: string) => boolean;
  /** The node never sees it; or does it, and its answer gets lost; or sees it when `release` is called. */
  readonly what: "lose request" | "lose answer" | "hold request";
}

/** A fault that waits for its statement. */
export interface Trap {
  /** Resolves when the statement has come by. */
  readonly sprung: Promise<void>;
  /** Lets a held statement go on. */
  release(): void;
}

export interface Sent {
  /** With single spaces; of a batch, its first statement. */
  readonly cql: string;
  /** Code of the native protocol. */
  readonly consistency: number;
  /** The same, of a lightweight transaction that names one. */
  readonly serialConsistency?: number | undefined;
}

const HEADER_BYTES = 9;
/** Flag of a frame. */
const WARNINGS = 0x08;
const QUERY = 0x07;
const RESULT = 0x08;
const PREPARE = 0x09;
const EXECUTE = 0x0a;
const BATCH = 0x0d;
const PREPARED = 4;

/**
 * A proxy between a driver and one node (native protocol v4) that reads along, and loses messages on
 * request.
 */
export class Wire implements AsyncDisposable {
  readonly sent: Sent[] = [];
  private readonly prepared = new Map<string, string>();
  private readonly sockets = new Set<Socket>();
  private readonly traps: { readonly fault: Fault; spring(forward: () => void): void }[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(node: { readonly address: string; readonly port: number }): Promise<Wire> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
    const wire = new Wire(server, address.port);
    server.on("connection", (client) => wire.join(client, connect(node.port, node.address)));
    return wire;
  }

  /** One statement, once. */
  trap(fault: Fault): Trap {
    let forward = () => {};
    const sprung = new Promise<void>((resolve) => {
      this.traps.push({
        fault,
        spring(then) {
          forward = then;
          resolve();
        },
      });
    });
    return { sprung, release: () => forward() };
  }

  /** Forgets every trap that has not sprung. */
  untrap(): void {
    this.traps.length = 0;
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, node: Socket): void {
    const preparing = new Map<number, string>();
    const lost = new Set<number>();
    this.carry(client, node, (frame) => {
      if (frame.opcode === PREPARE) preparing.set(frame.stream, longText(frame.body));
      return this.request(frame, lost, () => node.write(frame.bytes));
    });
    this.carry(node, client, (frame) => {
      const cql = preparing.get(frame.stream);
      if (cql !== undefined && frame.opcode === RESULT && frame.body.readInt32BE(0) === PREPARED) {
        this.prepared.set(shortBytes(frame.body, 4).toString("hex"), cql);
        preparing.delete(frame.stream);
      }
      return !lost.delete(frame.stream);
    });
  }

  /** Passes on every frame for which `seen` is true. */
  private carry(from: Socket, to: Socket, seen: (frame: Frame) => boolean): void {
    this.sockets.add(from);
    let rest = Buffer.alloc(0);
    from.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let frame = firstFrame(rest); frame; frame = firstFrame(rest)) {
        rest = rest.subarray(frame.bytes.length);
        if (seen(frame)) to.write(frame.bytes);
      }
    });
    from.on("close", () => to.destroy());
    // The other side is told by "close"; a reset connection is part of what is tested.
    from.on("error", () => to.destroy());
  }

  /** @returns whether the node is to see it now */
  private request(frame: Frame, lost: Set<number>, forward: () => void): boolean {
    const sent = this.statementOf(frame);
    if (!sent) return true;
    this.sent.push(sent);
    const index = this.traps.findIndex(({ fault }) => fault.fits(sent.cql));
    const [trap] = index < 0 ? [] : this.traps.splice(index, 1);
    if (!trap) return true;
    if (trap.fault.what === "lose answer") lost.add(frame.stream);
    trap.spring(trap.fault.what === "hold request" ? forward : () => {});
    return trap.fault.what === "lose answer";
  }

  private statementOf({ opcode, body }: Frame): Sent | undefined {
    if (opcode === QUERY) {
      const cql = longText(body);
      return { cql: singleSpaced(cql), ...levels(body, 4 + Buffer.byteLength(cql)) };
    }
    if (opcode === BATCH) return this.batchOf(body);
    if (opcode !== EXECUTE) return undefined;
    const id = shortBytes(body, 0);
    const cql = this.prepared.get(id.toString("hex"));
    if (cql === undefined) throw new Error("a statement was executed that was not prepared through here");
    return { cql: singleSpaced(cql), ...levels(body, 2 + id.length) };
  }

  private batchOf(body: Buffer): Sent {
    let [at, first] = [3, ""];
    for (let left = body.readUInt16BE(1); left > 0; left--) {
      const isPrepared = body.readUInt8(at++) === 1;
      const bytes = isPrepared ? body.readUInt16BE(at) : body.readInt32BE(at);
      at += isPrepared ? 2 : 4;
      const text = body.subarray(at, at + bytes);
      first ||= isPrepared ? (this.prepared.get(text.toString("hex")) ?? "") : text.toString("utf8");
      at += bytes + 2;
      for (let values = body.readUInt16BE(at - 2); values > 0; values--) {
        at += 4 + Math.max(0, body.readInt32BE(at));
      }
    }
    return { cql: singleSpaced(first), consistency: body.readUInt16BE(at) };
  }
}

interface Frame {
  readonly stream: number;
  readonly opcode: number;
  readonly body: Buffer;
  /** Header and body. */
  readonly bytes: Buffer;
}

function firstFrame(data: Buffer): Frame | undefined {
  if (data.length < HEADER_BYTES) return undefined;
  const end = HEADER_BYTES + data.readInt32BE(5);
  if (data.length < end) return undefined;
  return {
    stream: data.readInt16BE(2),
    opcode: data.readUInt8(4),
    body: withoutWarnings(data.readUInt8(1), data.subarray(HEADER_BYTES, end)),
    bytes: data.subarray(0, end),
  };
}

/** A node's warnings stand before the body proper: a list of short texts. */
function withoutWarnings(flags: number, body: Buffer): Buffer {
  if ((flags & WARNINGS) === 0) return body;
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left--) at += 2 + body.readUInt16BE(at);
  return body.subarray(at);
}

/** Flags of a query's parameters, in the order of what they announce. */
const WITH_VALUES = 0x01;
const WITH_PAGE_SIZE = 0x04;
const WITH_PAGING_STATE = 0x08;
const WITH_SERIAL_CONSISTENCY = 0x10;

/** @param at where the parameters of a statement begin */
function levels(body: Buffer, at: number): Pick<Sent, "consistency" | "serialConsistency"> {
  const [consistency, flags] = [body.readUInt16BE(at), body.readUInt8(at + 2)];
  if ((flags & WITH_SERIAL_CONSISTENCY) === 0) return { consistency };
  let next = at + 3;
  if ((flags & WITH_VALUES) !== 0) {
    let values = body.readUInt16BE(next);
    for (next += 2; values > 0; values--) next += 4 + Math.max(0, body.readInt32BE(next));
  }
  if ((flags & WITH_PAGE_SIZE) !== 0) next += 4;
  if ((flags & WITH_PAGING_STATE) !== 0) next += 4 + body.readInt32BE(next);
  return { consistency, serialConsistency: body.readUInt16BE(next) };
}

function longText(body: Buffer): string {
  return body.toString("utf8", 4, 4 + body.readInt32BE(0));
}

function shortBytes(body: Buffer, at: number): Buffer {
  return body.subarray(at + 2, at + 2 + body.readUInt16BE(at));
}

function singleSpaced(cql: string): string {
  return cql.replaceAll(/\s+/g, " ").trim();
}
