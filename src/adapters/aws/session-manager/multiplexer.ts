import { PAYLOAD_BYTES_MAX } from "./delivery.ts";
import { COMMAND, dataBytesIn, encodeFrame, FrameReader } from "./smux.ts";

/** Data from the other end of a stream. */
export interface StreamEvents {
  onData(data: Buffer): void;
  /** The other end has closed both directions: it accepts nothing more. */
  onEnd(): void;
}

/** One connection of many. */
export interface Stream {
  send(data: Buffer): void;
  /** Closes both directions. */
  end(): void;
}

/** The side that opens streams numbers them 3, 5, 7 …, as smux does. */
const FIRST_STREAM = 3;
const STREAM_STEP = 2;
const DATA_BYTES_MAX = dataBytesIn(PAYLOAD_BYTES_MAX);

/** Many streams over one channel. One frame fills one message, so that streams take turns evenly. */
export class Multiplexer {
  private readonly streams = new Map<number, StreamEvents>();
  private readonly reader = new FrameReader({
    onData: (stream, data) => this.streams.get(stream)?.onData(data),
    onFrame: (command, stream) => {
      if (command !== COMMAND.end) return;
      const events = this.streams.get(stream);
      this.streams.delete(stream);
      events?.onEnd();
    },
  });
  private next = FIRST_STREAM;

  /** @param send takes one message's payload */
  constructor(private readonly send: (payload: Buffer) => void) {}

  open(events: StreamEvents): Stream {
    const id = this.next;
    this.next += STREAM_STEP;
    this.streams.set(id, events);
    this.send(encodeFrame(COMMAND.open, id));
    let isOpen = true;
    return {
      send: (data) => {
        for (let at = 0; isOpen && at < data.length; at += DATA_BYTES_MAX) {
          this.send(encodeFrame(COMMAND.data, id, data.subarray(at, at + DATA_BYTES_MAX)));
        }
      },
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        this.streams.delete(id);
        this.send(encodeFrame(COMMAND.end, id));
      },
    };
  }

  /** @throws FrameError */
  receive(bytes: Buffer): void {
    this.reader.push(bytes);
  }

  /** Shows an agent that expects it that the client is alive. */
  keepAlive(): void {
    this.send(encodeFrame(COMMAND.nothing, 0));
  }
}
