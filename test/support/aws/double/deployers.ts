import type { DeployerClock, ServiceClock } from "./clock.ts";
import { isSignedBy, type Signature, type SignedRequest } from "./wire/signature.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration?: Date;
}

/** A caller of AWS: a process with its own credentials, which a test can kill. */
export interface Deployer {
  readonly name: string;
  readonly arn: string;
  /** For an SDK client's option `credentials`. Returns the credentials valid now. */
  readonly credentials: () => Promise<Credentials>;
  /** Variables for a process, or for the SDK's default providers. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same, with a credential endpoint instead of fixed keys, so that `renew` reaches the process. */
  readonly environmentWithEndpoint: Readonly<Record<string, string>>;
  /** This deployer's clock. Rejects its waits once the deployer is killed. */
  readonly clock: DeployerClock;
  /** Rejects when the deployer is killed. Race it with the deploy under test. @throws DeployerKilled */
  readonly death: Promise<never>;
  readonly isDead: boolean;
  /** Cuts its connections for good, and ends its waits. */
  kill(): void;
  /** From now on, answers its credentials with ExpiredToken. */
  expire(): void;
  /** Creates new credentials, valid at once. Earlier ones stay as they are. */
  renew(): void;
}

export class DeployerKilled extends Error {
  constructor(name: string) {
    super(`${name} was killed by the test`);
    this.name = "DeployerKilled";
  }
}

export type Verdict = "valid" | "expired" | "badSignature" | "unknownKey";

interface Keys {
  readonly credentials: Credentials;
  readonly owner: LiveDeployer;
  isExpired: boolean;
}

export class Deployers {
  readonly #clock: ServiceClock;
  readonly #region: string;
  readonly #accountId: string;
  readonly #keys = new Map<string, Keys>();
  readonly #all = new Map<string, LiveDeployer>();
  endpoint = "";

  constructor(clock: ServiceClock, region: string, accountId: string) {
    this.#clock = clock;
    this.#region = region;
    this.#accountId = accountId;
  }

  add(name: string): Deployer {
    // A federated user is not an IAM user.
    const arn = name.startsWith("federated-user/")
      ? `arn:aws:sts::${this.#accountId}:${name}`
      : `arn:aws:iam::${this.#accountId}:user/${name}`;
    const one = new LiveDeployer(
      name,
      arn,
      this.#clock,
      { region: this.#region, endpoint: this.endpoint },
      (owner) => this.#issue(owner),
    );
    this.#all.set(name, one);
    return one;
  }

  named(name: string): LiveDeployer | undefined {
    return this.#all.get(name);
  }

  ofKey(accessKeyId: string): LiveDeployer | undefined {
    return this.#keys.get(accessKeyId)?.owner;
  }

  verdict(request: SignedRequest, signature: Signature | undefined): Verdict {
    const keys = signature === undefined ? undefined : this.#keys.get(signature.accessKeyId);
    if (signature === undefined || keys === undefined) return "unknownKey";
    if (!isSignedBy(keys.credentials.secretAccessKey, request, signature)) return "badSignature";
    if (request.headers["x-amz-security-token"] !== keys.credentials.sessionToken) return "unknownKey";
    return keys.isExpired ? "expired" : "valid";
  }

  #issue(owner: LiveDeployer): { readonly credentials: Credentials; readonly expire: () => void } {
    const number = this.#keys.size + 1;
    const credentials = {
      accessKeyId: `ASIADOUBLE${String(number).padStart(10, "0")}`,
      secretAccessKey: `secret-of-the-double-${number}`,
      sessionToken: `token-of-the-double-${number}`,
    };
    const keys = { credentials, owner, isExpired: false };
    this.#keys.set(credentials.accessKeyId, keys);
    const expire = () => {
      keys.isExpired = true;
    };
    return { credentials, expire };
  }
}

interface Place {
  readonly region: string;
  readonly endpoint: string;
}

type Issue = (owner: LiveDeployer) => { readonly credentials: Credentials; readonly expire: () => void };

class LiveDeployer implements Deployer {
  readonly name: string;
  readonly arn: string;
  readonly clock: DeployerClock;
  readonly death: Promise<never>;
  readonly #issue: Issue;
  readonly #place: Place;
  readonly #killed = new AbortController();
  #current: ReturnType<Issue>;

  constructor(name: string, arn: string, clock: DeployerClock, place: Place, issue: Issue) {
    this.name = name;
    this.arn = arn;
    this.#place = place;
    this.#issue = issue;
    this.#current = issue(this);
    const { signal } = this.#killed;
    this.clock = {
      now: () => clock.now(),
      wait: (ms, own) => clock.wait(ms, own === undefined ? signal : AbortSignal.any([own, signal])),
    };
    this.death = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    // Callers that don't race with it need not handle the rejection.
    this.death.catch(() => undefined);
  }

  get isDead(): boolean {
    return this.#killed.signal.aborted;
  }

  get current(): Credentials {
    return this.#current.credentials;
  }

  readonly credentials = async (): Promise<Credentials> => ({
    ...this.current,
    // So soon that the SDK asks again for each new client, and before long for existing ones.
    expiration: new Date(Date.now() + 60_000),
  });

  get environment(): Readonly<Record<string, string>> {
    return {
      ...this.#common(),
      AWS_ACCESS_KEY_ID: this.current.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.current.secretAccessKey,
      AWS_SESSION_TOKEN: this.current.sessionToken,
    };
  }

  get environmentWithEndpoint(): Readonly<Record<string, string>> {
    const url = `${this.#place.endpoint}/credentials/${this.name}`;
    return { ...this.#common(), AWS_CONTAINER_CREDENTIALS_FULL_URI: url };
  }

  kill(): void {
    this.#killed.abort(new DeployerKilled(this.name));
  }

  expire(): void {
    this.#current.expire();
  }

  renew(): void {
    this.#current = this.#issue(this);
  }

  #common(): Readonly<Record<string, string>> {
    const { region, endpoint } = this.#place;
    return {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: "true",
      // Ignore the user's own settings.
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    };
  }
}
