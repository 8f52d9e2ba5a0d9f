import type { Given } from "../../../application/accounts/ports.ts";
import { ANYONE, type Caller } from "../../../application/caller.ts";
import type { Awaitable, Change } from "../../../application/ports.ts";
import { decided, type ListRight, type Right, type Role } from "../../../domain/access.ts";
import { TodosError } from "../../../domain/errors.ts";
import { credentialsIn } from "./credentials.ts";
import type { Told } from "./forwarded.ts";
import type { Intake } from "./intake.ts";
import type { LinkBase } from "./links.ts";
import type { Offers } from "./media.ts";
import type { Declaration, Resource } from "./operation.ts";
import { networkOf } from "./peers.ts";
import { demanded, known, permitted, watched } from "./permissions.ts";
import { NO_QUERY, type Query } from "./query.ts";
import type { Services } from "./services.ts";
import { identify, type RequestIdentity } from "./trace.ts";

/** One request in progress: what a handler needs, computed once and only on demand. */
export class Exchange {
  readonly headers: Headers;
  readonly method: string;
  /** Whether it only reads. */
  readonly isSafe: boolean;
  /** Time spent in the store, ms. */
  storeMs = 0;
  /** What the client accepts best; set before the handler runs. */
  mediaType = "";
  /** The parameters the operation knows; set before the handler runs. */
  query: Query = NO_QUERY;
  /** The caller; known once the request has been authenticated. Handlers pass it on, and decide nothing by it. */
  caller: Caller = ANYONE;
  /** The caller's role on the checklist that the request is about; for what the answer offers. */
  role: Role | undefined;
  /** Its names in the log and in the answer. */
  readonly identity: RequestIdentity;
  /** The rest of a body that is not needed follows on the connection. */
  bodyUnread = false;
  private given: Given | undefined;
  private linkBase: LinkBase | undefined;
  private network: string | undefined;
  /** Known once it has been checked. */
  private hasHost: boolean | undefined;
  /** Where the path begins in the request's URL. */
  private readonly pathAt: number;

  constructor(
    readonly request: Request,
    readonly params: Readonly<Record<string, string>>,
    readonly resource: Resource,
    /** Absent if the resource does not have the method. */
    readonly operation: Declaration | undefined,
    readonly services: Services,
    private readonly intake: Intake,
    private readonly peer: () => string | undefined,
  ) {
    this.headers = request.headers;
    this.method = request.method;
    this.isSafe = this.method === "GET" || this.method === "HEAD";
    this.identity = identify(request.headers);
    this.pathAt = request.url.indexOf("/", SCHEME_CHARS_MIN);
  }

  /** For a PATCH with an unsupported media type (RFC 5789, 2.2). */
  get acceptPatch(): Record<string, string> {
    const { acceptPatch } = this.resource;
    return acceptPatch ? { "accept-patch": acceptPatch.join(", ") } : {};
  }

  get base(): LinkBase {
    this.linkBase ??= this.services.bases.of(this.origin(), () => this.told());
    return this.linkBase;
  }

  /** The path as the client sent it, percent-encoded, without the query. */
  get path(): string {
    const url = this.request.url;
    // CONNECT names a host and a port instead of a path.
    if (this.pathAt < 0) return "/";
    const end = url.search(/[?#]/);
    return end < 0 ? url.slice(this.pathAt) : url.slice(this.pathAt, end);
  }

  /** The path for the log, with ids alone: anything else that stands in a path may be a secret, as in a link. */
  get loggedPath(): string {
    return this.resource.path.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => {
      const value = this.params[name] ?? "";
      return ID.test(value) ? value : placeholder;
    });
  }

  /** What follows the question mark; empty if there is none. */
  get search(): string {
    const url = this.request.url;
    const start = url.indexOf("?", this.pathAt);
    return start < 0 ? "" : (url.slice(start + 1).split("#", 1)[0] ?? "");
  }

  /** The peer that limits count this request for. */
  get client(): string {
    this.network ??= networkOf(this.address() ?? "");
    return this.network;
  }

  /** Waits for the request's body. @throws TodosError request-timeout, too-many-requests, overloaded */
  receive<T>(body: Promise<T>, explained: (error: unknown) => unknown): Promise<T> {
    return this.intake.receive(body, () => this.client, explained);
  }

  /** @throws TodosError not-acceptable */
  accepts(offers: Offers): string {
    const chosen = offers.choose(this.headers.get("accept"));
    if (chosen !== undefined) return chosen;
    throw new TodosError(
      "not-acceptable",
      `None of the types in Accept is available here. Available: ${offers.types.join(", ")}.`,
    );
  }

  /** Asks the store, and adds the time to the answer's Server-Timing. */
  stored<T>(ask: () => Awaitable<T>): Awaitable<T> {
    const startedAt = performance.now();
    const answer = ask();
    if (answer instanceof Promise) return this.timed(answer, startedAt);
    this.addStoreTime(startedAt);
    return answer;
  }

  private timed<T>(answer: Promise<T>, startedAt: number): Promise<T> {
    return answer.then(
      (value) => {
        this.addStoreTime(startedAt);
        return value;
      },
      (error) => {
        this.addStoreTime(startedAt);
        throw error;
      },
    );
  }

  private addStoreTime(startedAt: number): void {
    this.storeMs += performance.now() - startedAt;
  }

  /**
   * A Host that is invalid (RFC 9112, 3.2) or not ours is refused for every request.
   * @throws TodosError malformed-request, misdirected-request
   */
  checkHost(): void {
    if (this.hasHost !== undefined) return;
    const { hosts } = this.services;
    const host = this.headers.get("host");
    if (host !== null) hosts.check(host);
    const forwarded = hosts.holdsForwarded ? this.told()?.host : undefined;
    if (forwarded !== undefined) hosts.checkName(forwarded);
    this.hasHost = host !== null;
  }

  /** What the request says about who sends it. */
  get credentials(): Given {
    this.given ??= this.vouched(credentialsIn(this.headers, this.base));
    return this.given;
  }

  /** With what the proxy that sent the request says, if it is one. */
  private vouched(given: Given): Given {
    const { voucher, proxies } = this.services;
    if (!voucher) return given;
    const vouched = voucher(this.headers, () => proxies?.isTrusted(this.peer()) ?? false);
    return vouched.kind === "nothing" ? given : { ...given, vouched };
  }

  /** Goes on if the caller has the right that the operation declares. @throws TodosError unauthenticated, not-found, forbidden */
  authorize(): Awaitable<undefined> {
    const { operation } = this;
    const { callers } = this.services;
    if (!operation || !callers) return undefined;
    return this.withRole(permitted(this, callers, operation));
  }

  /**
   * Goes on if the caller has the right on a checklist that the body names.
   * @throws TodosError unauthenticated, not-found, forbidden
   */
  demand(right: ListRight, checklistId: string): Awaitable<undefined> {
    const { callers } = this.services;
    if (!callers) return undefined;
    return this.withRole(demanded(this, callers, right, checklistId));
  }

  /**
   * Asks again who the caller is and what it may do, for an answer that takes long. Both may have ended since.
   * @throws TodosError unauthenticated, not-found, forbidden
   */
  async recheck(): Promise<void> {
    const { callers } = this.services;
    if (!callers) return;
    this.caller = await callers.resolve(this.credentials);
    await this.authorize();
  }

  /** Whether the caller, as it is now, may know of the change; undefined: the caller is nobody now. */
  watches(change: Change): Awaitable<boolean | undefined> {
    const { callers } = this.services;
    return callers ? watched(callers, this.credentials, change) : true;
  }

  /** Whether the caller may know of the checklist, for what an answer says about others than its own. */
  knows(checklistId: string): Awaitable<boolean> {
    const { callers } = this.services;
    return callers ? known(callers, this.caller, checklistId) : true;
  }

  /** Whether the answer offers what takes the right. @param role on the checklist that it is about */
  may(right: Right, role: Role | undefined = this.role): boolean {
    return decided(this.caller, right, role, false) === "allowed";
  }

  /** Whether the caller may read what takes the right. @param role on the checklist that it is about */
  sees(right: Right, role: Role | undefined = this.role): boolean {
    return decided(this.caller, right, role, true) === "allowed";
  }

  private withRole(found: Awaitable<Role | undefined>): Awaitable<undefined> {
    if (found instanceof Promise) {
      return found.then((role) => {
        this.role = role;
        return undefined;
      });
    }
    this.role = found;
    return undefined;
  }

  private address(): string | undefined {
    const { proxies } = this.services;
    return proxies ? proxies.client(this.headers, this.peer()) : this.peer();
  }

  private told(): Told | undefined {
    return this.services.proxies?.told(this.headers, this.peer);
  }

  /**
   * Scheme and authority, or nothing if there was no Host (HTTP/1.0).
   * @throws TodosError malformed-request, misdirected-request
   */
  private origin(): string {
    this.checkHost();
    return this.hasHost && this.pathAt >= 0 ? this.request.url.slice(0, this.pathAt) : "";
  }
}

/** An id as we make them. */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** `https://`: no path starts earlier. */
const SCHEME_CHARS_MIN = 8;
