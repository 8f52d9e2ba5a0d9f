import { SIGV4_ALGORITHM, type SigV4Scope, scopeText, sha256, sigV4Signature } from "../../lib/sigv4.ts";
import type { AwsKeys } from "./connection.ts";

/**
 * Headers that sign a GET without a body.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
export function signedHeaders(
  address: string,
  keys: AwsKeys,
  place: Omit<SigV4Scope, "day">,
  at: Date,
): Record<string, string> {
  const url = new URL(address);
  const time = at.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = { day: time.slice(0, "YYYYMMDD".length), ...place };
  const headers: Record<string, string> = {
    host: url.host,
    "x-amz-date": time,
    ...(keys.sessionToken !== undefined && { "x-amz-security-token": keys.sessionToken }),
  };
  const names = Object.keys(headers).join(";");
  const request = canonicalRequest(url, headers, names);
  const credential = `${keys.accessKeyId}/${scopeText(scope)}`;
  const signature = sigV4Signature(keys.secretAccessKey, scope, time, request);
  // The connection sends the Host header.
  const { host: _, ...rest } = headers;
  return {
    ...rest,
    authorization: `${SIGV4_ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function canonicalRequest(url: URL, headers: Readonly<Record<string, string>>, names: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const path = url.pathname.split("/").map(encoded).join("/");
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  return ["GET", path, query.join("&"), lines.join(""), names, sha256("")].join("\n");
}

/** Everything but letters, digits and -._~ */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
