import { ImageError, type ImageRepository } from "../../../application/deploy/images.ts";
import { basicAuthorization, type Challenge, challengeOf, tokenIn, tokenUrl } from "./auth.ts";
import { answerFailure, PassingFailure, passingFailure, transportFailure } from "./failures.ts";
import { isPassingStatus, type Patience, pauseMs, retryAfterMs, TRIES_MAX, waitBefore } from "./retry.ts";

/** For one request with its body; a piece of an upload takes this long at 27 KB/s. */
const REQUEST_DEADLINE_MS = 300_000;
const REDIRECTS_MAX = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const USER_AGENT = "todos";

export interface ClientOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (reason: string, waitMs: number) => void;
  /** Instead of waiting, in a test. */
  readonly pause?: (waitMs: number) => Promise<void>;
}

export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PATCH" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob;
}

/** Talks to one repository: signs in, follows redirects, retries temporary failures. */
export class RegistryClient implements Patience {
  /** For messages. */
  readonly host: string;
  readonly signal: AbortSignal | undefined;
  private authorization: string | undefined;
  /** Several requests may be refused at once; one signs in. */
  private signingIn: Promise<void> | undefined;
  /** Whether there was an answer before. */
  private hasAnswered = false;

  constructor(
    readonly repository: ImageRepository,
    private readonly options: ClientOptions = {},
  ) {
    this.host = new URL(repository.origin).host;
    this.signal = options.signal;
  }

  pause(waitMs: number): Promise<void> {
    return this.options.pause?.(waitMs) ?? pauseMs(waitMs, this.signal);
  }

  onWait(reason: string, waitMs: number): void {
    this.options.onWait?.(reason, waitMs);
  }

  /** @param path below the repository, as `manifests/latest` */
  url(path: string): URL {
    return new URL(`/v2/${this.repository.name}/${path}`, this.repository.origin);
  }

  /**
   * Sends until there is an answer that is not a temporary failure; waits in between.
   * @throws ImageError if there was none in {@link TRIES_MAX} tries
   */
  async send(url: URL, request: RegistryRequest): Promise<Response> {
    for (let retry = 0; ; retry++) {
      const failure = await this.tried(url, request);
      if (!(failure instanceof PassingFailure)) return failure;
      if (retry + 1 >= TRIES_MAX) throw failure;
      await waitBefore(retry, failure, this);
    }
  }

  /**
   * Returns a temporary failure as an error instead of throwing it, after the wait that the registry asked
   * for.
   */
  private async tried(url: URL, request: RegistryRequest): Promise<Response | PassingFailure> {
    try {
      const response = await this.sendOnce(url, request);
      if (!isPassingStatus(response.status)) return response;
      const failure = await passingFailure(response, this.host);
      const waitMs = retryAfterMs(response.headers, Date.now());
      if (waitMs !== undefined) {
        this.onWait(failure.message, waitMs);
        await this.pause(waitMs);
      }
      return failure;
    } catch (error) {
      if (error instanceof PassingFailure) return error;
      throw error;
    }
  }

  /** One attempt. Signs in if the registry asks for it. @throws ImageError; what the signal was aborted with */
  async sendOnce(url: URL, request: RegistryRequest): Promise<Response> {
    const used = this.authorization;
    const response = await this.fetched(url, request);
    if (response.status !== 401) return response;
    const challenge = challengeOf(response);
    // Another request may have signed in in the meantime.
    if (this.authorization === used) await this.signIn(challenge, response);
    const again = await this.fetched(url, request);
    if (again.status === 401) throw await this.unauthorized(again);
    return again;
  }

  private async signIn(challenge: Challenge | undefined, response: Response): Promise<void> {
    this.signingIn ??= this.newAuthorization(challenge, response).then((authorization) => {
      this.authorization = authorization;
    });
    try {
      await this.signingIn;
    } finally {
      this.signingIn = undefined;
    }
  }

  private async newAuthorization(challenge: Challenge | undefined, response: Response): Promise<string> {
    const { credentials } = this.repository;
    const basic = credentials && basicAuthorization(credentials);
    if (challenge?.scheme === "bearer") return `Bearer ${await this.token(challenge, basic)}`;
    if (basic === undefined || this.authorization === basic) throw await this.unauthorized(response);
    return basic;
  }

  private async token(challenge: Challenge, basic: string | undefined): Promise<string> {
    const url = tokenUrl(challenge, this.repository);
    const response = await this.plainFetch(url, { method: "GET" }, basic);
    if (response.status === 401 || response.status === 403) throw await this.unauthorized(response);
    if (!response.ok) throw await answerFailure(response, url.host, "to sign in");
    const token = tokenIn(await response.json());
    if (token === undefined) throw new ImageError("registry-failed", `${url.host} returned no token.`);
    return token;
  }

  private async unauthorized(response: Response): Promise<ImageError> {
    const { credentials, name } = this.repository;
    const sentence = credentials
      ? `${this.host} rejected the password of ${credentials.username} for ${name}.`
      : `${this.host} requires a user and a password for ${name}.`;
    const { advice } = await answerFailure(response, this.host, "to sign in");
    return new ImageError("unauthorized", sentence, advice);
  }

  /** Credentials are sent only to the registry, never to a redirect target. */
  private async fetched(url: URL, request: RegistryRequest): Promise<Response> {
    let at = url;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const own = at.origin === this.repository.origin;
      const response = await this.plainFetch(at, request, own ? this.authorization : undefined);
      const location = response.headers.get("location");
      if (!REDIRECTS.includes(response.status) || location === null) return response;
      at = new URL(location, at);
    }
    throw new ImageError("registry-failed", `${this.host} redirects endlessly.`);
  }

  private async plainFetch(
    url: URL,
    { method, headers = {}, body }: RegistryRequest,
    authorization: string | undefined,
  ): Promise<Response> {
    const deadline = AbortSignal.timeout(REQUEST_DEADLINE_MS);
    try {
      const response = await fetch(url, {
        method,
        headers: { "user-agent": USER_AGENT, ...headers, ...(authorization && { authorization }) },
        redirect: "manual",
        signal: this.signal ? AbortSignal.any([this.signal, deadline]) : deadline,
        ...(body && { body }),
      });
      this.hasAnswered = true;
      return response;
    } catch (error) {
      this.signal?.throwIfAborted();
      throw transportFailure(error, url.host, this.hasAnswered);
    }
  }
}
