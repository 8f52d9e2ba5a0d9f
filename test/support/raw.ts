import { connect, type Socket } from "node:net";

/** One HTTP/1.1 connection, byte by byte, for what no client library sends or shows. */
export class RawConnection implements Disposable {
  private received = Buffer.alloc(0);
  private ended = false;
  private waiting: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    for (const event of ["close", "error"]) {
      socket.on(event, () => {
        this.ended = true;
        this.wake();
      });
    }
  }

  /** @param localAddress which of this machine's addresses it comes from, as 127.0.0.2 */
  static async open(url: string, localAddress?: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port: Number(port), host: hostname, ...from });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new RawConnection(socket);
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Everything so far, as soon as it contains `text`. @throws if the connection ends before */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (this.ended)
        throw new Error(`the connection ended before ${JSON.stringify(text)}: ${this.received}`);
      await this.more();
    }
    return this.received.toString();
  }

  /**
   * Takes one answer with a Content-Length off what has come.
   * @throws if the connection ends before it is whole
   */
  async answer(): Promise<string> {
    const head = (await this.until("\r\n\r\n")).split("\r\n\r\n", 1)[0] ?? "";
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const bytes = Buffer.byteLength(head) + 4 + Number(length ?? 0);
    while (this.received.length < bytes) {
      if (this.ended) throw new Error(`the connection ended in the middle of an answer: ${this.received}`);
      await this.more();
    }
    const answer = this.received.subarray(0, bytes).toString();
    this.received = this.received.subarray(bytes);
    return answer;
  }

  /** Everything, once the other side has closed. */
  async toEnd(): Promise<string> {
    while (!this.ended) await this.more();
    return this.received.toString();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private more(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Sends one request as it is written, and gives back the whole answer. */
export async function rawAnswer(url: string, request: string): Promise<string> {
  using connection = await RawConnection.open(url);
  connection.send(request);
  return await connection.toEnd();
}
