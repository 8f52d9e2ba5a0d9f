import { existsSync, readFileSync } from "node:fs";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { DeployError } from "../../application/deploy/errors.ts";
import type { WaitableClock } from "../../application/deploy/ports.ts";
import { awsError, isExpired } from "./errors.ts";

/** Keys to sign with, as the SDK has them. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface AwsOptions {
  /** One address for all services, for tests; absent: each service's own. */
  readonly endpoint?: string;
  /** Absent: that of the profile. */
  readonly region?: string;
  readonly profile?: string;
  readonly clock: WaitableClock;
  /** Absent: the SDK's chain (environment, profile, single sign-on, web identity, role of the machine). */
  readonly credentials?: () => Promise<AwsKeys>;
  /** Whether the keys are fixed, so that waiting for others is useless. */
  readonly fixedKeys: boolean;
  /** Whether the address of a key provider is known. Absent: no. */
  readonly hasKeyServer?: boolean;
  /** Notified when keys have expired and new ones are awaited. */
  onExpired(text: string): void;
  /** Ends requests in progress. */
  readonly signal?: AbortSignal;
}

/** Of a command's schema: what it is, whose namespace, its name. */
const OPERATION_NAME_AT = 2;
const ATTEMPTS_MAX = 8;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** How long to wait for new keys, ms, and how often to check for them. */
const RENEWAL_DEADLINE_MS = 15 * 60_000;
const RENEWAL_LOOK_MS = 5_000;
/** How long to wait for a key provider, ms: if it is known to exist, and otherwise. */
const KEY_SERVER_TIMEOUT_MS = 1_000;
const STRANGE_NETWORK_TIMEOUT_MS = 50;
/** Keys with less than this left are requested again, ms. */
const REFRESH_AHEAD_MS = 5 * 60_000;
/**
 * The expiry reported to the SDK, so that it asks for the keys at each request: it keeps those with more time
 * left.
 */
const SAID_LIFETIME_MS = 60_000;

/** The options of every service client. */
export interface ClientConfig {
  readonly region?: string;
  readonly profile?: string;
  readonly maxAttempts: number;
  readonly retryMode: "adaptive";
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
  readonly credentials: () => Promise<AwsKeys>;
}

type Send = (command: object, options: { readonly abortSignal?: AbortSignal }) => Promise<unknown>;

/** Reaches AWS for all clients: the same keys, retries and explanations. */
export class AwsConnection {
  readonly config: ClientConfig;
  private held: AwsKeys | undefined;
  private readonly load: () => Promise<AwsKeys>;

  constructor(private readonly options: AwsOptions) {
    const { region, profile, hasKeyServer = false } = options;
    this.load = options.credentials ?? chainOfAws(profile, hasKeyServer);
    this.config = {
      ...(region !== undefined && { region }),
      ...(profile !== undefined && { profile }),
      maxAttempts: ATTEMPTS_MAX,
      // Slows down automatically if AWS says that calls come too fast.
      retryMode: "adaptive",
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      credentials: () => this.keys(),
    };
  }

  get endpoint(): string | undefined {
    return this.options.endpoint;
  }

  /**
   * A client's own `send`, with common behaviour: expired keys are loaded again, and awaited if they can be
   * renewed; a refusal by AWS is an AwsError, and any other failure a DeployError (`credentials`, `unreachable`,
   * `throttled`, `denied`).
   */
  sender<Client extends { send(command: never): Promise<unknown> }>(client: Client): Client["send"] {
    const plain = client.send.bind(client) as unknown as Send;
    const send = (command: object): Promise<unknown> => this.send(plain, command);
    return send as unknown as Client["send"];
  }

  /** Loads the keys: without any, nothing else works. @throws DeployError `credentials` */
  async signIn(): Promise<void> {
    try {
      await this.keys();
    } catch (error) {
      throw awsError(error, "GetCallerIdentity");
    }
  }

  private async send(plain: Send, command: object): Promise<unknown> {
    const { signal } = this.options;
    const once = () => plain(command, signal ? { abortSignal: signal } : {});
    try {
      return await once();
    } catch (error) {
      if (!isExpired(error)) throw awsError(error, operationOf(command));
    }
    await this.renew();
    try {
      return await once();
    } catch (error) {
      throw awsError(error, operationOf(command));
    }
  }

  private async keys(): Promise<AwsKeys> {
    const leftMs = (this.held?.expiration?.getTime() ?? 0) - Date.now();
    // Keys without an expiry time are valid until AWS says that they have expired.
    if (this.held === undefined || (this.held.expiration !== undefined && leftMs < REFRESH_AHEAD_MS)) {
      this.held = await this.load();
    }
    return { ...this.held, expiration: new Date(Date.now() + SAID_LIFETIME_MS) };
  }

  private async renew(): Promise<void> {
    const { clock, fixedKeys, onExpired } = this.options;
    const expired = this.held;
    const deadline = clock.now() + RENEWAL_DEADLINE_MS;
    for (let told = false; ; told = true) {
      this.held = await this.load();
      if (this.held.accessKeyId !== expired?.accessKeyId || this.held.sessionToken !== expired.sessionToken)
        return;
      if (fixedKeys || clock.now() > deadline) throw expiredKeys();
      if (!told)
        onExpired(
          "the AWS credentials have expired; renew them in another terminal (aws sso login): waiting up to 15 minutes",
        );
      await clock.sleep(RENEWAL_LOOK_MS);
    }
  }
}

function expiredKeys(): DeployError {
  return new DeployError(
    "credentials",
    "the AWS credentials have expired",
    "renew them (aws sso login, or new AWS_* variables), then run the same command again: it continues from there",
  );
}

function chainOfAws(profile: string | undefined, hasKeyServer: boolean): () => Promise<AwsKeys> {
  // On an EC2 instance, or with a given address, a provider answers; elsewhere usually nothing does.
  const timeout = hasKeyServer || isOfEc2() ? KEY_SERVER_TIMEOUT_MS : STRANGE_NETWORK_TIMEOUT_MS;
  // The chain would cache profiles forever, even after they were renewed.
  const chain = defaultProvider({ ignoreCache: true, timeout, ...(profile !== undefined && { profile }) });
  return () => chain({ forceRefresh: true });
}

/** Whether the firmware says so. Source: Amazon EC2 User Guide, "Detect whether a host is an EC2 instance". */
export function isOfEc2(): boolean {
  return FIRMWARE.some((path) => existsSync(path) && /amazon/i.test(readFileSync(path, "latin1")));
}

const FIRMWARE = ["sys_vendor", "bios_vendor", "bios_version"].map((name) => `/sys/class/dmi/id/${name}`);

/** `CreateChangeSet`: of the model that a command carries, as the names of classes are shortened in the binary. */
export function operationOf(command: { readonly schema?: unknown }): string {
  const { schema } = command;
  const name: unknown = Array.isArray(schema) ? schema[OPERATION_NAME_AT] : undefined;
  return typeof name === "string" ? name : command.constructor.name.replace(/Command$/, "");
}
