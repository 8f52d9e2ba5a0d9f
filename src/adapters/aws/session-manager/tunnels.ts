import {
  ResumeSessionCommand,
  SSMClient,
  StartSessionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-ssm";
import { DeployError } from "../../../application/deploy/errors.ts";
import type { Tunnel, TunnelRequest, Tunnels } from "../../../application/deploy/ports.ts";
import { hostFilter } from "../../../lib/hosts.ts";
import type { AwsConnection } from "../connection.ts";
import { isAws } from "../errors.ts";
import { signedHeaders } from "../signature.ts";
import { needsKeepAlive } from "./faults.ts";
import { Forwarding } from "./forwarding.ts";
import { admitByHost } from "./host-gate.ts";
import { LocalPort } from "./local-port.ts";
import { Multiplexer } from "./multiplexer.ts";
import { type Admission, ChannelSession, type SessionOptions, type SessionService } from "./session.ts";

const DOCUMENT = "AWS-StartPortForwardingSession";
const REASON = "todos connect";
/**
 * The service name to sign for. Sources: the source code of the agent (session/config), and of the plugin from version
 * 1.2.764 on.
 */
const SERVICE = "ssmmessages";
/** Bytes that clients have not read: with this many, reading stops; below the second number it continues. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
const BACKLOG_BYTES_ROOM = 2 * 1024 * 1024;
const KEEP_ALIVE_MS = 10_000;

export interface TunnelsOptions extends SessionOptions {
  /** Names, in addition to loopback names, that a local client may use for the port; as for `hostFilter`. */
  readonly allowedHosts?: readonly string[];
}

/** @see Tunnels: Session Manager's sessions that forward a port. */
export class SessionManagerTunnels implements Tunnels, SessionService {
  private readonly client: SSMClient;
  private readonly aws: SSMClient["send"];

  constructor(
    connection: AwsConnection,
    private readonly options: TunnelsOptions = {},
  ) {
    this.client = new SSMClient({ ...connection.config });
    this.aws = connection.sender(this.client);
  }

  async open(request: TunnelRequest): Promise<Tunnel> {
    const port = await LocalPort.listen(request.localPort);
    try {
      const admission = await this.start(request);
      const forwarder = new PortForwarder(port, hostFilter(this.options.allowedHosts ?? []));
      const { options } = this;
      const session = await ChannelSession.open(admission, this, forwarder.events(request), options);
      forwarder.begin(session);
      const ended = session.ended.finally(() => forwarder.end());
      ended.catch(() => undefined);
      return { session: admission.session, localPort: port.number, ended, close: () => session.close() };
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  async resume(session: string): Promise<Admission | undefined> {
    try {
      const answer = await this.aws(new ResumeSessionCommand({ SessionId: session }));
      return answer.TokenValue ? admissionIn(answer) : undefined;
    } catch (error) {
      if (isAws(error, ["DoesNotExistException"])) return undefined;
      throw error;
    }
  }

  async terminate(session: string): Promise<void> {
    try {
      await this.aws(new TerminateSessionCommand({ SessionId: session }));
    } catch (error) {
      if (!isAws(error, ["DoesNotExistException"])) throw error;
    }
  }

  async sign(url: string): Promise<Record<string, string>> {
    const { credentials, region } = this.client.config;
    return signedHeaders(url, await credentials(), { region: await region(), service: SERVICE }, new Date());
  }

  /** Source of the target's form: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec". */
  private async start({ cluster, task, runtimeId, port, localPort }: TunnelRequest): Promise<Admission> {
    const parameters = { portNumber: [String(port)], localPortNumber: [String(localPort)] };
    try {
      return admissionIn(
        await this.aws(
          new StartSessionCommand({
            Target: `ecs:${cluster}_${task}_${runtimeId}`,
            DocumentName: DOCUMENT,
            Parameters: parameters,
            Reason: REASON,
          }),
        ),
      );
    } catch (error) {
      if (!isAws(error, ["TargetNotConnected"])) throw error;
      throw new DeployError(
        "session",
        `the agent of task ${task} is not connected to Session Manager`,
        "run the same command again in a minute, or choose another task with --task; if it keeps failing, check the network's ssmmessages endpoint and the policy be-connected-to of the service's role",
        { cause: error },
      );
    }
  }
}

/** Between the local port and a session. */
class PortForwarder {
  private session: ChannelSession | undefined;
  private keepingAlive: ReturnType<typeof setInterval> | undefined;
  private readonly multiplexer = new Multiplexer((payload) => this.send(payload));

  constructor(
    private readonly port: LocalPort,
    private readonly isAllowed: (authority: string) => boolean,
  ) {}

  events({ onNote }: TunnelRequest) {
    return {
      onNote,
      onData: (bytes: Buffer) => this.multiplexer.receive(bytes),
      onRoom: () => {
        for (const socket of this.port.connections) socket.resume();
      },
    };
  }

  begin(session: ChannelSession): void {
    this.session = session;
    this.port.onConnection((socket) => {
      admitByHost(socket, this.isAllowed, (first) => {
        new Forwarding(socket, this.multiplexer, first, { onBacklog: () => this.weighBacklog() });
        if (session.isFull) socket.pause();
      });
    });
    if (needsKeepAlive(session.agentVersion))
      this.keepingAlive = setInterval(() => this.multiplexer.keepAlive(), KEEP_ALIVE_MS);
  }

  async end(): Promise<void> {
    clearInterval(this.keepingAlive);
    await this.port.close();
  }

  private send(payload: Buffer): void {
    const { session } = this;
    session?.send(payload);
    if (!session?.isFull) return;
    for (const socket of this.port.connections) socket.pause();
  }

  private weighBacklog(): void {
    let bytes = 0;
    for (const socket of this.port.connections) bytes += socket.writableLength;
    if (bytes > BACKLOG_BYTES_MAX) this.session?.read(false);
    else if (bytes < BACKLOG_BYTES_ROOM) this.session?.read(true);
  }
}

function admissionIn(answer: {
  readonly SessionId?: string | undefined;
  readonly StreamUrl?: string | undefined;
  readonly TokenValue?: string | undefined;
}): Admission {
  const { SessionId: session, StreamUrl: url, TokenValue: token } = answer;
  if (session === undefined || url === undefined || token === undefined)
    throw new TypeError("Systems Manager's answer names no session, address or token");
  return { session, url, token };
}
