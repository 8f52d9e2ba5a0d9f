import { createHash, createHmac } from "node:crypto";
import type { AwsKeys } from "../connection.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
/** Sources: the sources of the agent (session/config), and the plugin's from version 1.2.764 on. */
const SERVICE = "ssmmessages";
const REQUEST = "aws4_request";

/**
 * Headers that sign the request by which a data channel is opened.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
export function signedHeaders(
  address: string,
  keys: AwsKeys,
  region: string,
  at: Date,
): Record<string, string> {
  const url = new URL(address);
  const time = at.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [time.slice(0, "YYYYMMDD".length), region, SERVICE, REQUEST];
  const headers: Record<string, string> = {
    host: url.host,
    "x-amz-date": time,
    ...(keys.sessionToken !== undefined && { "x-amz-security-token": keys.sessionToken }),
  };
  const names = Object.keys(headers).join(";");
  const toSign = [ALGORITHM, time, scope.join("/"), sha256(canonicalRequest(url, headers, names))].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`);
  const credential = `${keys.accessKeyId}/${scope.join("/")}`;
  const signature = hmac(key, toSign).toString("hex");
  // The connection says the host itself.
  const { host: _, ...rest } = headers;
  return {
    ...rest,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
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

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
