import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { findJava17 } from "../java/java.ts";
import { type JvmSettings, jvmArguments } from "./jvm.ts";
import { type NodeSettings, writeNodeFiles } from "./node-files.ts";

const LOG_TAIL_CHARS = 4_000;

export interface NodeOptions extends NodeSettings, Pick<JvmSettings, "heapMb" | "jmxPort"> {
  /** Folders and jars, before the node's own configuration. */
  readonly classPath: readonly string[];
  readonly jvmArguments: readonly string[];
  /** Resolves once the node answers CQL; called after every start. */
  readonly untilReady: (node: CassandraNode) => Promise<void>;
}

/** One Cassandra process on an address of its own, killable like the real thing it is. */
export class CassandraNode {
  readonly address: string;
  readonly port: number;
  /** Path of the file that collects standard output and error over all starts. */
  readonly logPath: string;
  readonly #options: NodeOptions;
  #child: Subprocess | undefined;
  #frozen = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.address = options.address;
    this.port = options.nativePort;
    this.logPath = join(options.folder, "cassandra.log");
  }

  /** @throws Error if the node is not running. */
  get pid(): number {
    if (!this.#child) throw new Error(`The Cassandra node on ${this.address} is not running.`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Between `stop` and `cont`. */
  get frozen(): boolean {
    return this.#frozen;
  }

  async start(): Promise<void> {
    if (this.#child) throw new Error(`The Cassandra node on ${this.address} runs already.`);
    const { folder, classPath, untilReady } = this.#options;
    await mkdir(folder, { recursive: true });
    const { conf, yamlPath } = await writeNodeFiles(this.#options);
    const child = Bun.spawn(
      [
        join(findJava17(), "bin/java"),
        ...jvmArguments({ ...this.#options, yamlPath }),
        ...this.#options.jvmArguments,
        "-cp",
        [...classPath, conf].join(":"),
        "org.apache.cassandra.service.CassandraDaemon",
      ],
      { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    this.#child = child;
    this.#collect(child.stdout, child.stderr);
    await writeFile(this.#pidPath, String(child.pid));
    // Off the watchdog's list at once: another process may get the number.
    void child.exited.then(async () => {
      if (this.#child === child) {
        this.#child = undefined;
        this.#frozen = false;
      }
      await rm(this.#pidPath, { force: true });
    });
    await untilReady(this);
  }

  /** Sends the signal; for one that ends the process, resolves when it is gone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill(signal);
    if (signal === "SIGKILL" || signal === "SIGTERM") await child.exited;
  }

  /** Freezes the process: its connections stay open without answers. */
  stop(): void {
    process.kill(this.pid, "SIGSTOP");
    this.#frozen = true;
  }

  /** Continues after `stop`. */
  cont(): void {
    process.kill(this.pid, "SIGCONT");
    this.#frozen = false;
  }

  /** Starts it again on its data, after SIGKILL where it still runs. Resolves once it answers CQL. */
  async restart(): Promise<void> {
    await this.kill("SIGKILL");
    await this.start();
  }

  /** All that the node has written so far. */
  async logs(): Promise<string> {
    return await readFile(this.logPath, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
  }

  async logTail(): Promise<string> {
    return (await this.logs()).slice(-LOG_TAIL_CHARS);
  }

  get #pidPath(): string {
    return join(this.#options.folder, "pid");
  }

  #collect(...streams: ReadableStream<Uint8Array>[]): void {
    const file = createWriteStream(this.logPath, { flags: "a" });
    void Promise.all(
      streams.map(async (stream) => {
        for await (const bytes of stream) file.write(bytes);
      }),
    ).then(() => file.end());
  }
}
