import { ImageError, type ImageErrorCode } from "../../../application/deploy/images.ts";

/** One entry of `errors` in a registry's answer. Source: OCI distribution specification 1.1, "Error codes". */
export interface RegistryFault {
  readonly code: string;
  readonly message: string;
}

const FAULT_CHARS_MAX = 300;
const DNS_CODES = ["ENOTFOUND", "EAI_NODATA", "EAI_NONAME"];
/** Bun reports certificate errors as codes with OpenSSL's names. */
const TLS_CODE =
  /^(?:EPROTO|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET|VERIFY|DECRYPT)|HOSTNAME_MISMATCH|INVALID_CA)/;

/** May succeed next time: a broken connection, a busy registry. */
export class PassingFailure extends ImageError {}

/**
 * What `fetch` threw, in words.
 * @param host of the registry
 * @param hasAnswered whether it has answered before: a restarting registry is worth another attempt, a wrong address is
 * not
 */
export function transportFailure(error: unknown, host: string, hasAnswered: boolean): ImageError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const facts = { cause: error };
  if (DNS_CODES.includes(code)) {
    const advice = "Check the spelling, and that this machine can resolve other names.";
    return new ImageError("unknown-host", `Unknown host ${host}.`, advice, facts);
  }
  if (TLS_CODE.test(code)) {
    const sentence = `The connection to ${host} is not trusted: ${tlsReason(code, error)}.`;
    const advice =
      "If your organisation uses a proxy, put its certificate into the file that NODE_EXTRA_CA_CERTS names.";
    return new ImageError("tls", sentence, advice, facts);
  }
  const reason = unreachableReason(code, error);
  if (code === "ECONNREFUSED" && !hasAnswered) {
    const advice = "Nothing listens there: check host and port, and that the registry is running.";
    return new ImageError("unreachable", `${host} is unreachable: ${reason}.`, advice, facts);
  }
  return new PassingFailure("unreachable", `${host} is unreachable: ${reason}.`, NETWORK_ADVICE, facts);
}

const NETWORK_ADVICE =
  "Check the network, and that the repository exists: Amazon ECR closes the connection if it does not. The same command continues from here.";

function tlsReason(code: string, error: unknown): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "its certificate is for another name";
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
  if (code === "EPROTO") return "it does not speak TLS on that port";
  if (/SELF_SIGNED|VERIFY|ISSUER/.test(code)) return "its certificate is signed by an unknown authority";
  return error instanceof Error ? error.message : code;
}

function unreachableReason(code: string, error: unknown): string {
  if (code === "ECONNREFUSED") return "connection refused";
  if (code === "ECONNRESET" || code === "EPIPE") return "the connection was cut";
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return error instanceof Error ? error.message : String(error);
}

/** The registry's own error message, from an answer's body. Never throws because of the body. */
export async function faultsIn(response: Response): Promise<readonly RegistryFault[]> {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    const errors = body !== null && typeof body === "object" && "errors" in body ? body.errors : undefined;
    return Array.isArray(errors) ? errors.flatMap(faultOf) : [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
}

function faultOf(value: unknown): RegistryFault[] {
  if (value === null || typeof value !== "object") return [];
  const { code, message } = value as { code?: unknown; message?: unknown };
  return [{ code: String(code ?? ""), message: String(message ?? "").slice(0, FAULT_CHARS_MAX) }];
}

/** An unexpected answer, in words. @param doing as "taking the image" */
export async function answerFailure(response: Response, host: string, doing: string): Promise<ImageError> {
  const faults = await faultsIn(response);
  const said = faults.map(({ code, message }) => message || code).join("; ");
  const because = said === "" ? `it answered ${response.status}` : `it answered ${response.status}, ${said}`;
  const { code, advice } = KINDS[response.status] ?? OTHER_KIND;
  return new ImageError(code, `${host} refused ${doing}: ${because}.`, advice);
}

/** The registry is busy or broken just now. */
export async function passingFailure(response: Response, host: string): Promise<PassingFailure> {
  const said = (await faultsIn(response)).map(({ code, message }) => `, ${message || code}`).join("");
  const sentence = `${host} is busy or failing: it answered ${response.status}${said}.`;
  return new PassingFailure("registry-failed", sentence, BUSY_ADVICE);
}

const BUSY_ADVICE = "Try again later: the same command continues from here and sends nothing twice.";

interface Kind {
  readonly code: ImageErrorCode;
  readonly advice?: string;
}

const KINDS: Readonly<Record<number, Kind>> = {
  401: { code: "unauthorized", advice: "Check the user and password; if they expire, sign in again." },
  403: {
    code: "forbidden",
    advice: "Ask for permission, or use credentials that have it; these may also have expired.",
  },
  404: { code: "not-found", advice: "Check the repository's name, and that it exists." },
};
const OTHER_KIND: Kind = { code: "registry-failed" };
