/** What a frame does with a stream. Source: the wire format of smux 1 (github.com/xtaci/smux, frame.go). */
export const COMMAND = { open: 0, end: 1, data: 2, nothing: 3 } as const;

const VERSION = 1;
const HEADER_BYTES = 8;
const AT = { version: 0, command: 1, length: 2, stream: 4 } as const;
const KNOWN: ReadonlySet<number> = new Set(Object.values(COMMAND));

/** Bytes that are not a frame. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** @param data at most 65,535 bytes */
export function encodeFrame(command: number, stream: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + data.length);
  frame.writeUInt8(VERSION, AT.version);
  frame.writeUInt8(command, AT.command);
  frame.writeUInt16LE(data.length, AT.length);
  frame.writeUInt32LE(stream, AT.stream);
  data.copy(frame, HEADER_BYTES);
  return frame;
}

/** Bytes of data in a frame that fills a message of this size. */
export function dataBytesIn(messageBytes: number): number {
  return messageBytes - HEADER_BYTES;
}

export interface FrameHandler {
  onFrame(command: number, stream: number): void;
  /** A piece of a frame's data, as soon as it arrives. */
  onData(stream: number, data: Buffer): void;
}

/** Splits a stream of bytes, cut anywhere, into frames. Keeps no more than a header. */
export class FrameReader {
  private header = Buffer.alloc(0);
  private stream = 0;
  private dataLeft = 0;

  constructor(private readonly handler: FrameHandler) {}

  /** @throws FrameError */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      at += this.dataLeft > 0 ? this.takeData(bytes.subarray(at)) : this.takeHeader(bytes.subarray(at));
    }
  }

  private takeData(bytes: Buffer): number {
    const data = bytes.subarray(0, this.dataLeft);
    this.dataLeft -= data.length;
    this.handler.onData(this.stream, data);
    return data.length;
  }

  private takeHeader(bytes: Buffer): number {
    const part = bytes.subarray(0, HEADER_BYTES - this.header.length);
    this.header = Buffer.concat([this.header, part]);
    if (this.header.length === HEADER_BYTES) this.begin(this.header);
    return part.length;
  }

  private begin(header: Buffer): void {
    const version = header.readUInt8(AT.version);
    const command = header.readUInt8(AT.command);
    if (version !== VERSION || !KNOWN.has(command))
      throw new FrameError(`a frame of version ${version} with command ${command} is unknown`);
    this.stream = header.readUInt32LE(AT.stream);
    this.dataLeft = command === COMMAND.data ? header.readUInt16LE(AT.length) : 0;
    this.header = Buffer.alloc(0);
    if (command !== COMMAND.data) this.handler.onFrame(command, this.stream);
  }
}
