import type { Awaitable } from "../ports.ts";

/** Where a page's passkeys belong: a name, and the origin of the pages that may ask for them. */
export interface RelyingParty {
  /** Host of the link base. */
  readonly id: string;
  /** Scheme, host and port of the link base. */
  readonly origin: string;
}

/** What a browser's `PublicKeyCredential.toJSON()` gives after `navigator.credentials.create()`. */
export interface NewPasskey {
  /** Base64url. */
  readonly id: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  /** Whether it may live on several devices, and whether it does. */
  readonly deviceType: "singleDevice" | "multiDevice";
  readonly backedUp: boolean;
}

/** A passkey that was used. Its counter is 0, or higher than before. */
export interface PasskeyUse {
  readonly counter: number;
  readonly backedUp: boolean;
}

/** Verifies what browsers say about passkeys (WebAuthn). Challenges are base64url. */
export interface Passkeys {
  /** Which challenge an answer is to; the caller uses that up before it verifies. Nothing if the answer is none. */
  challengeOf(answer: unknown): string | undefined;
  /** @throws PasskeyError */
  registered(answer: unknown, challenge: string, party: RelyingParty): Awaitable<NewPasskey>;
  /** The id of the passkey an answer was made with, and the user it names. Nothing if the answer is none. */
  named(answer: unknown): { readonly id: string; readonly userId: string | undefined } | undefined;
  /** @throws PasskeyError */
  used(
    answer: unknown,
    challenge: string,
    party: RelyingParty,
    known: { readonly publicKey: string; readonly counter: number },
  ): Awaitable<PasskeyUse>;
}

/** Why an answer about a passkey is refused; one sentence, for the log and the developer of a page. */
export class PasskeyError extends Error {}

/** Somebody as an OpenID provider knows them. They are a user of ours by issuer and subject, by nothing else. */
export interface IssuedIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** What a new user could be called; not checked. */
  readonly login?: string;
  readonly name?: string;
  /** Names of groups; absent if the provider says nothing about them. */
  readonly groups?: readonly string[];
}

/** What is kept while somebody signs in at the provider. All of it is secret but the address. */
export interface BegunSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
}

/** An OpenID provider where users can sign in. */
export interface SignInProvider {
  /** @returns where to send the browser @throws IssuerUnreachable */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly begun: BegunSignIn }>;
  /** @param search of the URL at which the browser came back @throws IdentityError, IssuerUnreachable */
  finish(search: string, begun: BegunSignIn): Promise<IssuedIdentity>;
}

/** JWTs that a provider has issued for API clients. */
export interface BearerTokens {
  /** Nothing if it is not a JWT. @throws IdentityError, IssuerUnreachable */
  verified(token: string): Promise<IssuedIdentity | undefined>;
}

/** What somebody brought from a provider is not valid; one sentence, for the log. */
export class IdentityError extends Error {}

/** The provider does not answer, or answers with nonsense. */
export class IssuerUnreachable extends Error {}

/** What a proxy in front of us says about who sends a request. */
export type Vouched =
  /** Nothing that counts. */
  | { readonly kind: "nothing" }
  | { readonly kind: "login"; readonly login: string }
  /** Something that no proxy should say: nobody is signed in by it, and nobody in another way. */
  | { readonly kind: "unclear"; readonly reason: string };

/** What a request says about who sends it. Nothing else in it counts: no other scheme, parameter or member. */
export interface Given {
  /** The secret in the cookie. */
  readonly session?: string | undefined;
  /** Of `Authorization: Bearer`. It excludes the cookie: a browser adds cookies to any request, but never this. */
  readonly bearer?: string | undefined;
  /** What a proxy says; like a cookie, it comes along with what any page asks for, and it counts instead of one. */
  readonly vouched?: Vouched | undefined;
}

/** @param isTrusted whether the request comes from a proxy of ours, by the address of its sender */
export type ProxyVoucher = (headers: Headers, isTrusted: () => boolean) => Vouched;
