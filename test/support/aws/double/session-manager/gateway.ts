import type { Server, ServerWebSocket } from "bun";
import { AwsError } from "../errors.ts";
import { type Fields, fieldsOf, textOf, textsOf } from "../fields.ts";
import type { Actions } from "../service.ts";
import type { SignedRequest } from "../wire/signature.ts";
import type { World } from "../world.ts";
import { AgentDouble, type AgentManners } from "./agent.ts";
import { written } from "./wire.ts";

/** The direction of a message: `up` from the client to the agent, `down` back. */
export type Direction = "up" | "down";

/** What a test can plant in sessions. */
export interface SessionPlants extends AgentManners {
  /** What happens to the n-th message in a direction, from 0: it is lost, comes twice, or comes after the next one. */
  fate: ((direction: Direction, index: number) => "lost" | "twice" | "late" | undefined) | undefined;
  /** Ends all connections. Messages in progress are lost. */
  drop(): void;
  /** Ends sessions, as their idle timeout does, with this message from the service. */
  end(output: string): void;
  /** From now on, ends a session that loses its connection. */
  forgets: boolean;
  /** Bytes that clients have not read yet. */
  unreadBytes(): number;
  /** Tells clients that agents can't receive, or can again. */
  publish(type: "pause_publication" | "start_publication"): void;
  /** What DescribeTasks says: the agent's status, and why. */
  agentStatus: { readonly status: string; readonly reason?: string };
}

interface PortSession {
  readonly id: string;
  readonly agent: AgentDouble;
  token: string;
  socket: ServerWebSocket<SocketData> | undefined;
  readonly counts: Record<Direction, number>;
  readonly held: Partial<Record<Direction, Buffer>>;
}

interface SocketData {
  readonly id: string;
  isOpen: boolean;
}

export interface GatewayParts {
  readonly world: World;
  /** Whether the target is a running task with an agent. */
  readonly isRunning: (target: string) => boolean;
  /** Whether the signer of a request may open a data channel. */
  readonly mayOpen: (request: SignedRequest) => boolean;
}

/** Session Manager: its API, and the WebSockets that connect client and agent. */
export class SessionGateway {
  readonly sessions = new Map<string, PortSession>();
  readonly plants: SessionPlants;
  readonly #parts: GatewayParts;
  #server: Server<SocketData> | undefined;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.plants = {
      ...{ servicePort: 0, version: "3.3.2299.0", asksFor: [], answers: true },
      ...{ fate: undefined, forgets: false, agentStatus: { status: "RUNNING" } },
      drop: () => {
        for (const { socket } of this.#live()) socket?.terminate();
      },
      end: (output) => {
        for (const session of [...this.sessions.values()]) this.#end(session, output);
      },
      unreadBytes: () =>
        this.#live().reduce((sum, { socket }) => sum + (socket?.getBufferedAmount() ?? 0), 0),
      publish: (type) => {
        const message = written({ ...EMPTY, type, payload: Buffer.alloc(0) });
        for (const { socket } of this.#live()) socket?.send(message);
      },
    };
  }

  /** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html and its neighbours */
  readonly actions: Actions = {
    StartSession: (input) => this.#start(input),
    ResumeSession: (input) => {
      const session = this.#sessionIn(input);
      // A session that has ended can't resume, so it gets no token.
      if (this.plants.forgets) return { SessionId: session.id };
      session.token = `token-${this.#parts.world.hex(12)}`;
      return this.#admission(session);
    },
    TerminateSession: (input) => {
      const session = this.#sessionIn(input);
      this.#end(session, "");
      return { SessionId: session.id };
    },
  };

  async stop(): Promise<void> {
    for (const { agent } of this.sessions.values()) agent.stop();
    await this.#server?.stop(true);
  }

  #start(input: Fields): Fields {
    const target = textOf(input, "Target") ?? "";
    if (!this.#parts.isRunning(target))
      throw new AwsError("TargetNotConnected", `${target} is not connected.`);
    const document = textOf(input, "DocumentName");
    const ports = textsOf(fieldsOf(input.Parameters), "portNumber");
    if (
      document !== undefined &&
      (document !== "AWS-StartPortForwardingSession" || !/^\d+$/.test(ports[0] ?? ""))
    )
      throw new AwsError("InvalidDocument", `Document with name ${document} does not exist.`);
    // For a role's session, the name may be an address.
    const id = `deployer+one@example.org-${this.#parts.world.hex(17)}`;
    const token = `token-${this.#parts.world.hex(12)}`;
    const { plants } = this;
    const counts = { up: 0, down: 0 };
    const session: PortSession = {
      id,
      agent: new AgentDouble(plants),
      token,
      socket: undefined,
      counts,
      held: {},
    };
    this.sessions.set(id, session);
    return this.#admission(session);
  }

  #admission({ id, token }: PortSession): Fields {
    this.#server ??= this.#listen();
    const StreamUrl = `ws://127.0.0.1:${this.#server.port}/v1/data-channel/${id}?role=publish_subscribe`;
    return { SessionId: id, TokenValue: token, StreamUrl };
  }

  #sessionIn(input: Fields): PortSession {
    const id = textOf(input, "SessionId") ?? "";
    const session = this.sessions.get(id);
    if (session === undefined) throw new AwsError("DoesNotExistException", `Session ${id} does not exist`);
    return session;
  }

  #listen(): Server<SocketData> {
    return Bun.serve<SocketData>({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => {
        const { pathname, search } = new URL(request.url);
        const id = pathname.split("/").at(-1) ?? "";
        if (!this.sessions.has(id)) return new Response("no such session", { status: 404 });
        const headers = request.headers.toJSON();
        const signed = { method: "GET", target: `${pathname}${search}`, headers, body: Buffer.alloc(0) };
        if (!this.#parts.mayOpen(signed)) return new Response("not allowed", { status: 403 });
        server.upgrade(request, { data: { id, isOpen: false } });
        return undefined;
      },
      websocket: {
        // Drop nothing if a client reads slowly.
        backpressureLimit: BACKPRESSURE_BYTES_MAX,
        message: (socket, message) => this.#received(socket, message),
        close: (socket) => {
          const session = this.sessions.get(socket.data.id);
          if (session?.socket === socket) session.socket = undefined;
        },
      },
    });
  }

  #received(socket: ServerWebSocket<SocketData>, message: string | Buffer): void {
    const session = this.sessions.get(socket.data.id);
    if (session === undefined) return;
    if (typeof message === "string") this.#open(socket, session, JSON.parse(message));
    else if (socket.data.isOpen) this.#relay("up", session, message, (bytes) => session.agent.receive(bytes));
  }

  /**
   * The first message identifies the client. Source: the plugin's service.OpenDataChannelInput, every field required.
   */
  #open(socket: ServerWebSocket<SocketData>, session: PortSession, hello: Fields): void {
    const names = ["MessageSchemaVersion", "RequestId", "ClientId", "ClientVersion"];
    const isWhole = names.every((name) => textOf(hello, name));
    if (!isWhole || textOf(hello, "TokenValue") !== session.token) {
      socket.close(1008, "token");
      return;
    }
    socket.data.isOpen = true;
    session.socket = socket;
    session.agent.attach((bytes) =>
      this.#relay("down", session, bytes, (each) => void session.socket?.send(each)),
    );
  }

  #relay(direction: Direction, session: PortSession, bytes: Buffer, on: (bytes: Buffer) => void): void {
    const fate = this.plants.fate?.(direction, session.counts[direction]++);
    const held = session.held[direction];
    delete session.held[direction];
    if (fate === "late") session.held[direction] = Buffer.from(bytes);
    else if (fate !== "lost") on(bytes);
    if (fate === "twice") on(bytes);
    if (held !== undefined) on(held);
  }

  #end(session: PortSession, output: string): void {
    const { id: SessionId, socket } = session;
    const closed = { MessageType: "channel_closed", SchemaVersion: 1, SessionId, Output: output };
    socket?.send(written({ ...EMPTY, type: "channel_closed", payload: Buffer.from(JSON.stringify(closed)) }));
    socket?.close(1000);
    session.agent.stop();
    this.sessions.delete(session.id);
  }

  #live(): PortSession[] {
    return [...this.sessions.values()].filter(({ socket }) => socket !== undefined);
  }
}

const BACKPRESSURE_BYTES_MAX = 256 * 1024 * 1024;
const EMPTY = { sequence: 0, flags: 3, payloadType: 0 } as const;
