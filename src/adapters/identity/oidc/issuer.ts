import * as client from "openid-client";
import { IssuerUnreachable } from "../../../application/accounts/ports.ts";
import type { Clock } from "../../../application/ports.ts";

const TIMEOUT_S = 5;
/** Documents of a provider change when it changes its keys' address or its endpoints. */
const KEPT_MS = 60 * 60 * 1_000;
/** A provider that failed is not asked again before; without that, each request would wait for it. */
const FAILURE_KEPT_MS = 10_000;
/** By how much its clock and ours may differ. */
export const CLOCK_TOLERANCE_S = 30;

export interface ClientSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: a public client, which PKCE alone protects. */
  readonly clientSecret: string | undefined;
}

/** An OpenID provider as it describes itself (OpenID Connect Discovery), asked when first needed and kept. */
export class Issuer {
  private configuration: Promise<client.Configuration> | undefined;
  private askAgainAt = 0;

  constructor(
    private readonly settings: ClientSettings,
    private readonly clock: Clock,
  ) {}

  get url(): string {
    return this.settings.issuer;
  }

  /** @throws IssuerUnreachable */
  configured(): Promise<client.Configuration> {
    const now = this.clock.now();
    if (this.configuration !== undefined && now < this.askAgainAt) return this.configuration;
    this.askAgainAt = now + KEPT_MS;
    this.configuration = this.discovered().catch((error: unknown) => {
      this.askAgainAt = now + FAILURE_KEPT_MS;
      throw unreachable(this.url, error);
    });
    return this.configuration;
  }

  private async discovered(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    const url = new URL(issuer);
    // Plain HTTP is for a provider on this machine; the settings allow it nowhere else.
    const execute = url.protocol === "http:" ? [client.allowInsecureRequests] : [];
    const found = await client.discovery(url, clientId, undefined, client.None(), {
      execute,
      timeout: TIMEOUT_S,
    });
    const metadata = { [client.clockTolerance]: CLOCK_TOLERANCE_S };
    const server = found.serverMetadata();
    const configuration = new client.Configuration(server, clientId, metadata, proofOf(clientSecret, server));
    configuration.timeout = TIMEOUT_S;
    for (const apply of [...execute, client.enableNonRepudiationChecks]) apply(configuration);
    return configuration;
  }
}

/** How we prove to be that client: in the way that is the default, where the provider knows it. */
function proofOf(
  secret: string | undefined,
  { token_endpoint_auth_methods_supported: methods }: client.ServerMetadata,
): client.ClientAuth {
  if (secret === undefined) return client.None();
  const isBasic = methods === undefined || methods.includes("client_secret_basic");
  return isBasic ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
}

export function unreachable(issuer: string, error: unknown): IssuerUnreachable {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return new IssuerUnreachable(`${issuer} does not answer as an OpenID provider: ${message}${cause}`, {
    cause: error,
  });
}
