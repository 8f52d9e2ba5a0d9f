/** The lines that a writing child has printed so far: the id of every write that was acknowledged. */
export class Acknowledgements {
  readonly ids: string[] = [];
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(stdout: ReadableStream<Uint8Array>) {
    this.#chunks = stdout[Symbol.asyncIterator]();
  }

  /** @throws Error if the child ends before */
  async atLeast(count: number): Promise<void> {
    while (this.ids.length < count) {
      if (!(await this.#readMore())) throw new Error("the writing child ended");
    }
  }

  /** Reads what a child that has ended left in the pipe. */
  async toTheEnd(): Promise<void> {
    while (await this.#readMore());
  }

  async #readMore(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done) return false;
    const lines = (this.#rest + this.#decoder.decode(value, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    this.ids.push(...lines);
    return true;
  }
}
