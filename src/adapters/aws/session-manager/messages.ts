import { createHash, randomUUID } from "node:crypto";

/** Kinds of messages on a data channel. The client of the session sends `input`, the agent `output`. */
export const MESSAGE = {
  input: "input_stream_data",
  output: "output_stream_data",
  acknowledge: "acknowledge",
  closed: "channel_closed",
  start: "start_publication",
  pause: "pause_publication",
} as const;

/** The type of a message's payload. */
export const PAYLOAD = {
  data: 1,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
} as const;

/** What a payload of type `flag` says, a number of four bytes. */
export const FLAG = { terminateSession: 2, connectToPortError: 3 } as const;

export interface ChannelMessage {
  readonly type: string;
  readonly sequence: number;
  readonly flags: number;
  /** A UUID. */
  readonly id: string;
  readonly payloadType: number;
  readonly payload: Buffer;
}

/** Something that is not a message of a data channel. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

/** Where the fields begin, bytes; numbers are big-endian. */
const AT = {
  headerLength: 0,
  type: 4,
  version: 36,
  createdAt: 40,
  sequence: 48,
  flags: 56,
  id: 64,
  digest: 80,
  payloadType: 112,
  payloadLength: 116,
  payload: 120,
} as const;
const TYPE_BYTES = AT.version - AT.type;
const LENGTH_BYTES = 4;
const DIGEST_BYTES = AT.payloadType - AT.digest;
const ID_HALF_BYTES = 8;
const SCHEMA_VERSION = 1;
/** Messages about the channel itself; their digest means nothing. */
const WITHOUT_DIGEST: ReadonlySet<string> = new Set([MESSAGE.start, MESSAGE.pause]);

/**
 * One message as bytes. Source of the layout: the sources of AWS's Session Manager plugin (message/clientmessage.go).
 * @param nowMs milliseconds since 1970
 */
export function encodeMessage(
  message: Omit<ChannelMessage, "id"> & { readonly id?: string },
  nowMs: number,
): Buffer {
  const { type, sequence, flags, payloadType, payload, id = randomUUID() } = message;
  const bytes = Buffer.alloc(AT.payload + payload.length);
  bytes.writeUInt32BE(AT.payloadLength, AT.headerLength);
  bytes.write(type.padEnd(TYPE_BYTES), AT.type, "latin1");
  bytes.writeUInt32BE(SCHEMA_VERSION, AT.version);
  bytes.writeBigUInt64BE(BigInt(nowMs), AT.createdAt);
  bytes.writeBigInt64BE(BigInt(sequence), AT.sequence);
  bytes.writeBigUInt64BE(BigInt(flags), AT.flags);
  swappedHalves(Buffer.from(id.replaceAll("-", ""), "hex")).copy(bytes, AT.id);
  digestOf(payload).copy(bytes, AT.digest);
  bytes.writeUInt32BE(payloadType, AT.payloadType);
  bytes.writeUInt32BE(payload.length, AT.payloadLength);
  payload.copy(bytes, AT.payload);
  return bytes;
}

/** @throws MessageError for truncated bytes or a wrong digest */
export function decodeMessage(bytes: Buffer): ChannelMessage {
  if (bytes.length < AT.payloadLength)
    throw new MessageError(`${bytes.length} bytes are too few for a message`);
  const payloadAt = bytes.readUInt32BE(AT.headerLength) + LENGTH_BYTES;
  if (payloadAt < AT.payloadLength || payloadAt > bytes.length)
    throw new MessageError(`a header of ${payloadAt - LENGTH_BYTES} bytes does not fit`);
  const type = bytes.toString("latin1", AT.type, AT.version).replaceAll("\0", " ").trim();
  const payload = bytes.subarray(payloadAt);
  const digest = bytes.subarray(AT.digest, AT.digest + DIGEST_BYTES);
  if (payload.length > 0 && !WITHOUT_DIGEST.has(type) && !digestOf(payload).equals(digest))
    throw new MessageError(`the payload of a message ${type} was changed on its way`);
  return {
    type,
    sequence: Number(bytes.readBigInt64BE(AT.sequence)),
    flags: Number(bytes.readBigUInt64BE(AT.flags)),
    id: uuidOf(swappedHalves(bytes.subarray(AT.id, AT.digest))),
    payloadType: bytes.readUInt32BE(AT.payloadType),
    payload,
  };
}

/** The lower half of a message's id comes first. */
function swappedHalves(id: Buffer): Buffer {
  return Buffer.concat([id.subarray(ID_HALF_BYTES), id.subarray(0, ID_HALF_BYTES)]);
}

function uuidOf(id: Buffer): string {
  return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function digestOf(payload: Buffer): Buffer {
  return createHash("sha256").update(payload).digest();
}
