import { describe, expect, test } from "bun:test";
import { Multiplexer } from "../../../../src/adapters/aws/session-manager/multiplexer.ts";
import {
  COMMAND,
  encodeFrame,
  FrameError,
  FrameReader,
} from "../../../../src/adapters/aws/session-manager/smux.ts";

const PAYLOAD_BYTES_MAX = 1_024;

/** What a reader makes of pieces. */
function readIn(pieces: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader({
    onFrame: (command, stream) => seen.push(`${command} ${stream}`),
    onData: (stream, data) => seen.push(`${stream}: ${data.toString()}`),
  });
  for (const piece of pieces) reader.push(piece);
  return seen;
}

describe("frames", () => {
  test("a frame is version, command, length and stream, the numbers little-endian", () => {
    expect(encodeFrame(COMMAND.data, 0x01020304, Buffer.from("ab")).toString("hex")).toBe(
      "0102020004030201" + "6162",
    );
    expect(encodeFrame(COMMAND.open, 3).toString("hex")).toBe("0100000003000000");
    expect(encodeFrame(COMMAND.end, 3).toString("hex")).toBe("0101000003000000");
    expect(encodeFrame(COMMAND.nothing, 0).toString("hex")).toBe("0103000000000000");
  });

  test("cut anywhere, the same frames are read", () => {
    const bytes = Buffer.concat([
      encodeFrame(COMMAND.data, 3, Buffer.from("hello")),
      encodeFrame(COMMAND.data, 5, Buffer.alloc(0)),
      encodeFrame(COMMAND.end, 3),
    ]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const seen = readIn([bytes.subarray(0, cut), bytes.subarray(cut)]);
      const text = seen.filter((each) => each.startsWith("3: ")).map((each) => each.slice("3: ".length));
      expect(text.join("")).toBe("hello");
      expect(seen.at(-1)).toBe("1 3");
    }
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(readIn(single).join("|")).toBe("3: h|3: e|3: l|3: l|3: o|1 3");
  });

  test.each(["0200000003000000", "0104000003000000"])("a frame %s of another protocol is refused", (hex) => {
    expect(() => readIn([Buffer.from(hex, "hex")])).toThrow(FrameError);
  });
});

describe("streams over one channel", () => {
  test("each has its own odd number; data is cut so that a frame fills a message", () => {
    const sent: Buffer[] = [];
    const multiplexer = new Multiplexer((payload) => sent.push(payload));
    const nothing = { onData: () => undefined, onEnd: () => undefined };
    const first = multiplexer.open(nothing);
    multiplexer.open(nothing);
    first.send(Buffer.alloc(PAYLOAD_BYTES_MAX * 2));
    expect(sent.map((payload) => payload.readUInt32LE(4))).toEqual([3, 5, 3, 3, 3]);
    expect(sent.map(({ length }) => length)).toEqual([8, 8, 1_024, 1_024, 8 + 16]);
  });

  test("data goes to its stream; after its end it gets and sends nothing", () => {
    const sent: Buffer[] = [];
    const got: string[] = [];
    const multiplexer = new Multiplexer((payload) => sent.push(payload));
    const stream = multiplexer.open({
      onData: (data) => got.push(data.toString()),
      onEnd: () => got.push("end"),
    });
    multiplexer.receive(encodeFrame(COMMAND.data, 3, Buffer.from("a")));
    multiplexer.receive(encodeFrame(COMMAND.data, 5, Buffer.from("b")));
    multiplexer.receive(encodeFrame(COMMAND.end, 3));
    multiplexer.receive(encodeFrame(COMMAND.data, 3, Buffer.from("c")));
    expect(got).toEqual(["a", "end"]);
    stream.end();
    stream.end();
    stream.send(Buffer.from("d"));
    expect(sent.map((payload) => payload.readUInt8(1))).toEqual([COMMAND.open, COMMAND.end]);
  });
});
