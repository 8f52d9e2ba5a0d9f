import { describe, expect, test } from "bun:test";
import {
  decodeMessage,
  encodeMessage,
  MessageError,
} from "../../../../src/adapters/aws/session-manager/messages.ts";
import { read, written } from "../../../support/aws/double/session-manager/wire.ts";

const MESSAGE = {
  type: "input_stream_data",
  sequence: 7,
  flags: 0,
  id: "01234567-89ab-4def-8123-456789abcdef",
  payloadType: 1,
  payload: Buffer.from("hello"),
};
const NOW_MS = 1_893_456_000_000;
/** Where the payload of a message begins, bytes. */
const PAYLOAD_AT = 120;

describe("messages of a data channel", () => {
  test("every field is where an agent expects it", () => {
    const bytes = encodeMessage(MESSAGE, NOW_MS);
    expect(bytes.toString("hex", 0, 4)).toBe("00000074");
    expect(bytes.toString("latin1", 4, 36)).toBe("input_stream_data               ");
    expect(bytes.toString("hex", 36, 40)).toBe("00000001");
    expect(bytes.readBigUInt64BE(40)).toBe(BigInt(NOW_MS));
    expect(bytes.toString("hex", 48, 64)).toBe("00000000000000070000000000000000");
    expect(bytes.toString("hex", 64, 80)).toBe("8123456789abcdef0123456789ab4def");
    expect(bytes.toString("hex", 80, 112)).toBe(
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    );
    expect(bytes.toString("hex", 112, 120)).toBe("0000000100000005");
    expect(bytes.toString("latin1", PAYLOAD_AT)).toBe("hello");
    expect(read(bytes)).toEqual(MESSAGE);
  });

  test("a message from an agent is read", () => {
    const { id, ...rest } = { ...MESSAGE, type: "output_stream_data", flags: 1 };
    const message = decodeMessage(written(rest));
    expect(message).toEqual({ ...rest, id: message.id });
    expect(message.id).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(id).not.toBe(message.id);
  });

  test("a header without the payload's type, as the service writes its own messages, is read", () => {
    const whole = written({ ...MESSAGE, type: "channel_closed" });
    const short = Buffer.concat([whole.subarray(0, 112), whole.subarray(116)]);
    short.writeUInt32BE(112, 0);
    expect(decodeMessage(short)).toMatchObject({ type: "channel_closed", payload: MESSAGE.payload });
  });

  test("zeros after a type are ignored", () => {
    const bytes = encodeMessage(MESSAGE, NOW_MS);
    bytes.fill(0, 4 + MESSAGE.type.length, 36);
    expect(decodeMessage(bytes).type).toBe(MESSAGE.type);
  });

  test.each([
    ["too short", (bytes: Buffer) => bytes.subarray(0, 100), "too few"],
    ["with a header beyond its end", (bytes: Buffer) => bytes.fill(0xff, 0, 4), "does not fit"],
    [
      "whose payload was changed",
      (bytes: Buffer) => bytes.fill("j", PAYLOAD_AT, PAYLOAD_AT + 1),
      "was changed",
    ],
    ["whose payload was cut", (bytes: Buffer) => bytes.subarray(0, -1), "was changed"],
  ])("a message %s is refused", (_, spoil, why) => {
    const bytes = spoil(encodeMessage(MESSAGE, NOW_MS));
    expect(() => decodeMessage(bytes)).toThrow(MessageError);
    expect(() => decodeMessage(bytes)).toThrow(why);
  });
});
