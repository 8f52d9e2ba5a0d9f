import { auth } from "cassandra-driver";
import { reasonOf } from "../../lib/reason.ts";
import { SIGV4_ALGORITHM, scopeText, sha256, sigV4Signature } from "../../lib/sigv4.ts";

/** Keys of an AWS identity; temporary ones have a session token. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Provides currently valid keys; called for every connection, so that rotated ones are used. */
export type CredentialSource = () => Promise<AwsCredentials>;

/** The source has no keys, or none at the moment. */
export class NoCredentialsError extends Error {
  override readonly name = "NoCredentialsError";
  readonly reason: string;

  constructor(cause: unknown) {
    const reason = reasonOf(cause);
    super(`no AWS credentials for Amazon Keyspaces: ${reason}`, { cause });
    this.reason = reason;
  }
}

const SERVICE = "cassandra";
const EXPIRES_S = 900;
/** What the client says first: the mechanism's name and two NULs. */
const INITIAL_RESPONSE = Buffer.from("SigV4\0\0");

/**
 * The answer to Amazon Keyspaces' challenge: its nonce, signed by AWS Signature Version 4.
 * @param nonce as the server sent it, without `nonce=`
 * @returns `signature=…,access_key=…,amzdate=…[,session_token=…]` Source: AWS, SigV4 authentication plugins for Amazon
 * Keyspaces; "Signature Version 4 signing process".
 */
export function signedAnswer(nonce: string, credentials: AwsCredentials, region: string, at: Date): string {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const timestamp = at.toISOString();
  const day = timestamp.slice(0, 10).replaceAll("-", "");
  const scope = { day, region, service: SERVICE };
  const query = [
    `X-Amz-Algorithm=${SIGV4_ALGORITHM}`,
    `X-Amz-Credential=${encodeURIComponent(`${accessKeyId}/${scopeText(scope)}`)}`,
    `X-Amz-Date=${encodeURIComponent(timestamp)}`,
    `X-Amz-Expires=${EXPIRES_S}`,
  ].join("&");
  const request = `PUT\n/authenticate\n${query}\nhost:${SERVICE}\n\nhost\n${sha256(nonce)}`;
  const signature = sigV4Signature(secretAccessKey, scope, timestamp, request);
  const token = sessionToken === undefined ? "" : `,session_token=${sessionToken}`;
  return `signature=${signature},access_key=${accessKeyId},amzdate=${timestamp}${token}`;
}

/**
 * Signs in to Amazon Keyspaces with the keys of an AWS identity instead of a password.
 * The driver accepts only subclasses of its own provider class; its types export no other than this one.
 */
export class SigV4AuthProvider extends auth.PlainTextAuthProvider {
  constructor(
    private readonly region: string,
    private readonly credentials: CredentialSource,
    private readonly now: () => Date = () => new Date(),
  ) {
    super("", "");
  }

  override newAuthenticator(): auth.Authenticator {
    return new SigV4Authenticator((nonce) => this.answer(nonce));
  }

  private async answer(nonce: string): Promise<string> {
    return signedAnswer(nonce, await this.credentials(), this.region, this.now());
  }
}

type Callback = (error: Error | null, response?: Buffer) => void;

class SigV4Authenticator implements auth.Authenticator {
  constructor(private readonly answer: (nonce: string) => Promise<string>) {}

  initialResponse(callback: Callback): void {
    callback(null, INITIAL_RESPONSE);
  }

  evaluateChallenge(challenge: Buffer, callback: Callback): void {
    const nonce = /(?:^|,)nonce=([^,]*)/.exec(challenge.toString())?.[1];
    if (nonce === undefined) {
      callback(new Error("Amazon Keyspaces sent a challenge without a nonce"));
      return;
    }
    this.answer(nonce).then(
      (text) => callback(null, Buffer.from(text)),
      (cause: unknown) => callback(new NoCredentialsError(cause)),
    );
  }

  /** The server's last message contains nothing to check. */
  onAuthenticationSuccess(): void {}
}
