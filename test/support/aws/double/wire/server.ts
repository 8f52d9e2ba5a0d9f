import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Request {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** `cut` ends the connection without an answer. */
export type Respond = (request: Request) => Promise<Answer | "cut">;

export interface HttpServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Serves HTTP on a free port of the loopback interface. */
export async function listen(respond: Respond): Promise<HttpServer> {
  const server = createServer((message, response) => {
    void answer(message, response, respond);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => stop(server) };
}

async function answer(message: IncomingMessage, response: ServerResponse, respond: Respond): Promise<void> {
  try {
    const answered = await respond({ message, body: await bodyOf(message) });
    if (answered === "cut") return void message.socket.destroy();
    response.writeHead(answered.status, answered.headers);
    response.end(answered.body ?? "");
  } catch (problem) {
    // This is a bug in the double, or a client that left while sending. Neither is an answer from AWS.
    if (!message.socket.destroyed) {
      console.error(problem);
      response.writeHead(500, { "content-type": "text/plain", "x-double-bug": "true" });
      response.end(String(problem instanceof Error ? problem.stack : problem));
    }
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
