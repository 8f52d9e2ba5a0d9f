import { MuxServer } from "./mux-server.ts";
import { flagOf, read, type WireMessage, written } from "./wire.ts";

/** What a test can make the agents say. */
export interface AgentManners {
  /** The service's port on this machine, instead of the task's 8181. */
  servicePort: number;
  version: string;
  /** Actions that it asks for in addition to the session's type. */
  asksFor: { readonly ActionType: string; readonly ActionParameters: unknown }[];
  /** If `false`, the agent never says anything. */
  answers: boolean;
}

const PAYLOAD_BYTES = 1_024;
const RESEND_MS = 100;
const TYPE = { data: 1, handshakeRequest: 5, handshakeResponse: 6, handshakeComplete: 7, flag: 10 };
const FLAG = { terminate: 2, refused: 3 };
const ACKNOWLEDGE_FLAGS = 3;

/**
 * The agent in a task, after the sources of amazon-ssm-agent (session/datachannel, session/plugins/port). It begins
 * with a handshake, acknowledges what it receives, keeps unacknowledged messages and sends the oldest one again.
 */
export class AgentDouble {
  readonly #manners: AgentManners;
  readonly #unacknowledged = new Map<number, Buffer>();
  readonly #early = new Map<number, WireMessage>();
  readonly #timer = setInterval(() => this.#resend(), RESEND_MS);
  readonly #mux: MuxServer;
  #transmit: ((bytes: Buffer) => void) | undefined;
  #next = 0;
  #expected = 0;
  #isShaken = false;
  /** The version that the client sent. */
  clientVersion = "";
  isTerminated = false;

  constructor(manners: AgentManners) {
    this.#manners = manners;
    this.#mux = new MuxServer({
      port: manners.servicePort,
      onRefused: () => this.#send(TYPE.flag, flagOf(FLAG.refused)),
      send: (bytes) => this.#sendData(bytes),
    });
  }

  get connections(): number {
    return this.#mux.connections;
  }

  /** From now on, sends messages this way. */
  attach(transmit: (bytes: Buffer) => void): void {
    this.#transmit = transmit;
    if (this.#next === 0 && this.#manners.answers) this.#begin();
  }

  receive(bytes: Buffer): void {
    const message = read(bytes);
    if (message.type === "acknowledge") {
      const { AcknowledgedMessageSequenceNumber: sequence } = JSON.parse(message.payload.toString());
      this.#unacknowledged.delete(sequence);
    } else if (message.type === "input_stream_data") this.#takeInput(message);
    else throw new Error(`no agent knows a message ${message.type}`);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#mux.close();
    this.#transmit = undefined;
  }

  #begin(): void {
    const session = {
      ActionType: "SessionType",
      ActionParameters: {
        SessionType: "Port",
        Properties: { portNumber: "8181", localPortNumber: "0", type: "LocalPortForwarding" },
      },
    };
    const RequestedClientActions = [session, ...this.#manners.asksFor];
    const request = { AgentVersion: this.#manners.version, RequestedClientActions };
    this.#send(TYPE.handshakeRequest, Buffer.from(JSON.stringify(request)));
  }

  #takeInput(message: WireMessage): void {
    this.#acknowledge(message);
    if (message.sequence < this.#expected) return;
    this.#early.set(message.sequence, message);
    for (let next = this.#early.get(this.#expected); next; next = this.#early.get(this.#expected)) {
      this.#early.delete(this.#expected);
      this.#expected++;
      this.#process(next);
    }
  }

  #process({ payloadType, payload }: WireMessage): void {
    if (payloadType === TYPE.handshakeResponse) this.#shaken(payload);
    else if (payloadType === TYPE.flag) this.isTerminated ||= payload.readInt32BE(0) === FLAG.terminate;
    else if (payloadType === TYPE.data && this.#isShaken) this.#mux.receive(payload);
    else throw new Error(`no agent expects a payload of type ${payloadType} now`);
  }

  #shaken(payload: Buffer): void {
    const { ClientVersion, ProcessedClientActions } = JSON.parse(payload.toString());
    this.clientVersion = ClientVersion;
    const isAgreed = ProcessedClientActions.every(
      ({ ActionStatus }: { ActionStatus: number }) => ActionStatus === 1,
    );
    if (!isAgreed) return;
    this.#isShaken = true;
    const complete = { HandshakeTimeToComplete: 1_000_000, CustomerMessage: "" };
    this.#send(TYPE.handshakeComplete, Buffer.from(JSON.stringify(complete)));
  }

  #acknowledge({ type, id, sequence }: WireMessage): void {
    const content = {
      AcknowledgedMessageType: type,
      AcknowledgedMessageId: id,
      AcknowledgedMessageSequenceNumber: sequence,
      IsSequentialMessage: true,
    };
    const payload = Buffer.from(JSON.stringify(content));
    this.#transmit?.(
      written({ type: "acknowledge", sequence: 0, flags: ACKNOWLEDGE_FLAGS, payloadType: 0, payload }),
    );
  }

  #sendData(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += PAYLOAD_BYTES)
      this.#send(TYPE.data, bytes.subarray(at, at + PAYLOAD_BYTES));
  }

  #send(payloadType: number, payload: Buffer): void {
    const sequence = this.#next++;
    const flags = sequence === 0 ? 1 : 0;
    const bytes = written({ type: "output_stream_data", sequence, flags, payloadType, payload });
    this.#unacknowledged.set(sequence, bytes);
    this.#transmit?.(bytes);
  }

  #resend(): void {
    const [oldest] = this.#unacknowledged.values();
    if (oldest !== undefined) this.#transmit?.(oldest);
  }
}
