import { connect, type Socket } from "node:net";

/** Commands of smux 1. */
const SYN = 0;
const FIN = 1;
const PSH = 2;
const NOP = 3;
const HEADER_BYTES = 8;
const FRAME_BYTES_MAX = 32_768;

export interface MuxTarget {
  readonly port: number;
  /** Reports that the service refused the connection. */
  onRefused(): void;
  send(bytes: Buffer): void;
}

/**
 * The agent's end of the multiplexed connections. Each is one connection to the service. As in the agent, the end of
 * either direction closes both, and what the service has not sent by then is lost.
 */
export class MuxServer {
  readonly #target: MuxTarget;
  readonly #connections = new Map<number, Socket>();
  #bytes = Buffer.alloc(0);

  constructor(target: MuxTarget) {
    this.#target = target;
  }

  get connections(): number {
    return this.#connections.size;
  }

  receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= HEADER_BYTES) {
      const length = this.#bytes.readUInt16LE(2);
      if (this.#bytes.length < HEADER_BYTES + length) return;
      if (this.#bytes[0] !== 1) throw new Error(`smux of version ${this.#bytes[0]}`);
      const frame = this.#bytes.subarray(0, HEADER_BYTES + length);
      this.#bytes = this.#bytes.subarray(HEADER_BYTES + length);
      this.#take(frame[1] ?? NOP, frame.readUInt32LE(4), frame.subarray(HEADER_BYTES));
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #take(command: number, stream: number, data: Buffer): void {
    if (command === SYN) this.#open(stream);
    else if (command === PSH) this.#connections.get(stream)?.write(data);
    else if (command === FIN) this.#end(stream);
    else if (command !== NOP) throw new Error(`smux command ${command}`);
  }

  #open(stream: number): void {
    if (stream % 2 === 0) throw new Error(`a client's stream has an odd number, not ${stream}`);
    const connection = connect(this.#target.port, "127.0.0.1");
    this.#connections.set(stream, connection);
    connection.on("data", (data: Buffer) => this.#push(stream, data));
    connection.on("end", () => this.#end(stream));
    let isConnected = false;
    connection.on("connect", () => {
      isConnected = true;
    });
    connection.on("error", () => {
      if (!isConnected) this.#target.onRefused();
      this.#end(stream);
    });
  }

  #push(stream: number, data: Buffer): void {
    for (let at = 0; at < data.length; at += FRAME_BYTES_MAX)
      this.#frame(PSH, stream, data.subarray(at, at + FRAME_BYTES_MAX));
  }

  #end(stream: number): void {
    const connection = this.#connections.get(stream);
    if (connection === undefined) return;
    this.#connections.delete(stream);
    connection.removeAllListeners("data").on("data", () => undefined);
    connection.end();
    this.#frame(FIN, stream, Buffer.alloc(0));
  }

  #frame(command: number, stream: number, data: Buffer): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(1, 0);
    header.writeUInt8(command, 1);
    header.writeUInt16LE(data.length, 2);
    header.writeUInt32LE(stream, 4);
    this.#target.send(Buffer.concat([header, data]));
  }
}
