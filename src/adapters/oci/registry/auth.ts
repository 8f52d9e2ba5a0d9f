import {
  ImageError,
  type ImageRepository,
  type RegistryCredentials,
} from "../../../application/deploy/images.ts";

/** A registry's answer to a request without valid credentials. */
export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads `WWW-Authenticate`; undefined if it names no scheme we support. Source: RFC 9110, section 11.6.1 */
export function challengeOf(response: Response): Challenge | undefined {
  const header = response.headers.get("www-authenticate") ?? "";
  const scheme = /^\s*(basic|bearer)\b/i.exec(header)?.[1]?.toLowerCase();
  if (scheme !== "basic" && scheme !== "bearer") return undefined;
  const pairs = [...header.matchAll(/([a-z_]+)="([^"]*)"/gi)];
  return { scheme, parameters: new Map(pairs.map(([, key = "", value = ""]) => [key.toLowerCase(), value])) };
}

export function basicAuthorization({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/**
 * The URL and scope for requesting a token. Source: Distribution, "Token authentication specification".
 * @throws ImageError if credentials would be sent unencrypted
 */
export function tokenUrl({ parameters }: Challenge, repository: ImageRepository): URL {
  const realm = parameters.get("realm") ?? "";
  if (!URL.canParse(realm)) {
    throw new ImageError("registry-failed", `${repository.origin} does not say where to sign in.`);
  }
  const url = new URL(realm);
  if (url.protocol !== "https:" && repository.origin.startsWith("https:")) {
    throw new ImageError("tls", `${repository.origin} asks for the password at ${url.origin}, without TLS.`);
  }
  const service = parameters.get("service");
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", parameters.get("scope") ?? `repository:${repository.name}:pull,push`);
  return url;
}

/** The token in a token server's answer; undefined if there is none. */
export function tokenIn(body: unknown): string | undefined {
  if (body === null || typeof body !== "object") return undefined;
  const { token, access_token } = body as { token?: unknown; access_token?: unknown };
  const found = token ?? access_token;
  return typeof found === "string" && found !== "" ? found : undefined;
}
