import { createHash, randomBytes } from "node:crypto";

/** A message of a data channel, laid out as in the agent's session/contracts/agentmessage.go. */
export interface WireMessage {
  readonly type: string;
  readonly sequence: number;
  readonly flags: number;
  readonly id: string;
  readonly payloadType: number;
  readonly payload: Buffer;
}

/** Writes and reads messages with the double's own code, so that it does not share the program's mistakes. */
export function written(message: Omit<WireMessage, "id">): Buffer {
  const header = Buffer.alloc(120, 0);
  header.writeInt32BE(116, 0);
  header.fill(" ", 4, 36).write(message.type, 4);
  header.writeInt32BE(1, 36);
  header.writeBigInt64BE(BigInt(Date.now()), 40);
  header.writeBigInt64BE(BigInt(message.sequence), 48);
  header.writeBigInt64BE(BigInt(message.flags), 56);
  randomBytes(16).copy(header, 64);
  createHash("sha256").update(message.payload).digest().copy(header, 80);
  header.writeInt32BE(message.payloadType, 112);
  header.writeInt32BE(message.payload.length, 116);
  return Buffer.concat([header, message.payload]);
}

/** @throws Error if a real agent would also refuse the message */
export function read(bytes: Buffer): WireMessage {
  if (bytes.readInt32BE(0) !== 116) throw new Error("the header is not 116 bytes long");
  const payload = bytes.subarray(120);
  if (bytes.readInt32BE(116) !== payload.length) throw new Error("the payload's length is another");
  if (bytes.readBigInt64BE(40) <= 0n) throw new Error("the message has no date");
  const digest = createHash("sha256").update(payload).digest();
  if (payload.length > 0 && !digest.equals(bytes.subarray(80, 112))) throw new Error("the digest is wrong");
  const hex = Buffer.concat([bytes.subarray(72, 80), bytes.subarray(64, 72)]).toString("hex");
  return {
    type: bytes.toString("utf8", 4, 36).trim(),
    sequence: Number(bytes.readBigInt64BE(48)),
    flags: Number(bytes.readBigInt64BE(56)),
    id: [8, 12, 16, 20, 32].map((end, at) => hex.slice([0, 8, 12, 16, 20][at], end)).join("-"),
    payloadType: bytes.readInt32BE(112),
    payload,
  };
}

export function flagOf(value: number): Buffer {
  const flag = Buffer.alloc(4);
  flag.writeInt32BE(value);
  return flag;
}
