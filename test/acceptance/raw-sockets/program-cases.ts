import { JSON_DEPTH_MAX } from "../../../src/adapters/http/api/json.ts";
import { upTo } from "./parser-cases.ts";

/** A request on the wire, and the status of the program's answer. */
export interface ProgramCase {
  readonly name: string;
  readonly request: string | Buffer;
  readonly status: number;
}

const BODY_BYTES_MAX = 256 * 1024;
const DEEP = 100_000;

function line(text: string, host = "127.0.0.1"): string {
  return `${text}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
}

/** POST /checklists with these headers, and a body of any bytes. */
function post(headers: string, body: string | Buffer): Buffer {
  const head = `POST /checklists HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  return Buffer.concat([Buffer.from(`${head}${headers}\r\n\r\n`), Buffer.from(body)]);
}

function sized(body: string | Buffer): Buffer {
  return post(`Content-Length: ${Buffer.byteLength(body)}`, body);
}

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}

const HOSTS = ["a b", "a/b", "", "user@host", "h:x", "h:65536", "%zz", "[::1", "a,b", "h\u00e9"];

export const PROGRAM_CASES: readonly ProgramCase[] = [
  { name: "HTTP/1.0 without Host: health", request: "GET /actuator/health HTTP/1.0\r\n\r\n", status: 200 },
  { name: "HTTP/1.0 without Host: nothing", request: "GET /checklists/x HTTP/1.0\r\n\r\n", status: 404 },
  { name: "HTTP/1.0 without Host: the root", request: "GET / HTTP/1.0\r\n\r\n", status: 200 },
  { name: "HTTP/1.0 without Host: TRACE", request: "TRACE / HTTP/1.0\r\n\r\n", status: 405 },
  {
    name: "two Hosts",
    request: "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    status: 400,
  },
  ...HOSTS.map((host) => ({
    name: `Host ${JSON.stringify(host)}`,
    request: line("GET /tasks HTTP/1.1", host),
    status: 400,
  })),
  { name: "a broken Host: health", request: line("GET /actuator/health HTTP/1.1", "a b"), status: 400 },
  { name: "TRACE", request: line("TRACE / HTTP/1.1"), status: 405 },
  { name: "CONNECT to a path", request: line("CONNECT / HTTP/1.1"), status: 405 },
  { name: "CONNECT to a host", request: line("CONNECT 127.0.0.1:80 HTTP/1.1"), status: 404 },
  { name: "PURGE", request: line("PURGE / HTTP/1.1"), status: 405 },
  { name: "PROPFIND", request: line("PROPFIND /tasks HTTP/1.1"), status: 405 },
  { name: "QUERY", request: line("QUERY /tasks HTTP/1.1"), status: 405 },
  { name: "a whole URL as target", request: line("GET http://127.0.0.1/checklists HTTP/1.1"), status: 200 },
  {
    name: "another host's URL as target",
    request: line("GET http://other.example/checklists HTTP/1.1"),
    status: 200,
  },
  { name: "a URL without a path as target", request: line("GET http://127.0.0.1 HTTP/1.1"), status: 200 },
  { name: "a broken percent-encoding", request: line("GET /checklists/%zz HTTP/1.1"), status: 404 },
  { name: "a percent sign at the end", request: line("GET /checklists/% HTTP/1.1"), status: 404 },
  { name: "an encoded NUL", request: line("GET /checklists/a%00b HTTP/1.1"), status: 404 },
  { name: "encoded bytes that are no UTF-8", request: line("GET /tasks/%ff%fe HTTP/1.1"), status: 404 },
  {
    name: "bytes in a path that are no UTF-8",
    request: Buffer.from(line("GET /tasks/\xe9 HTTP/1.1"), "latin1"),
    status: 404,
  },
  { name: "an encoded slash in an id", request: line("GET /checklists/a%2Fb HTTP/1.1"), status: 404 },
  { name: "an encoded slash for a slash", request: line("GET /actuator%2Fhealth HTTP/1.1"), status: 404 },
  { name: "two slashes", request: line("GET //checklists HTTP/1.1"), status: 404 },
  { name: "dot segments to a resource", request: line("GET /docs/../actuator/health HTTP/1.1"), status: 200 },
  { name: "dot segments beyond the root", request: line("GET /../../etc/passwd HTTP/1.1"), status: 404 },
  { name: "encoded dot segments", request: line("GET /docs/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), status: 404 },
  { name: "a query that can't be decoded", request: line("GET /tasks?size=%zz HTTP/1.1"), status: 422 },
  { name: "7,000 query parameters", request: line(`GET /tasks?${"a&".repeat(7_000)} HTTP/1.1`), status: 422 },
  { name: "16,384 bytes before the body", request: upTo(16_384), status: 200 },
  {
    name: "GET with a body",
    request: `GET /actuator/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`,
    status: 200,
  },
  {
    name: "an offer to speak HTTP/2",
    request: `GET /actuator/health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n`,
    status: 200,
  },
  { name: "no body and no length", request: post("X-A: a", ""), status: 400 },
  {
    name: "two Content-Lengths that agree",
    request: post("Content-Length: 2\r\nContent-Length: 2", "{}"),
    status: 422,
  },
  {
    name: "an expectation that is none",
    request: post("Expect: tea\r\nContent-Length: 2", "{}"),
    status: 422,
  },
  {
    name: "chunks with extensions",
    request: post("Transfer-Encoding: chunked", "2;a=b\r\n{}\r\n0\r\n\r\n"),
    status: 422,
  },
  { name: "a declared 10 GB", request: post("Content-Length: 10000000000", ""), status: 413 },
  { name: "one byte too many", request: sized("a".repeat(BODY_BYTES_MAX + 1)), status: 413 },
  {
    name: "10 MB in chunks",
    request: post(
      "Transfer-Encoding: chunked",
      `${`10000\r\n${"a".repeat(65_536)}\r\n`.repeat(160)}0\r\n\r\n`,
    ),
    status: 413,
  },
  { name: "200,000 opening brackets", request: sized("[".repeat(200_000)), status: 400 },
  { name: "50,000 opening objects", request: sized('{"a":'.repeat(50_000)), status: 400 },
  { name: "a deep array", request: sized(nested(DEEP)), status: 400 },
  { name: "a deep member", request: sized(`{"name":${nested(DEEP)}}`), status: 400 },
  { name: "as deep as a body may nest", request: sized(nested(JSON_DEPTH_MAX)), status: 422 },
  { name: "one level deeper", request: sized(nested(JSON_DEPTH_MAX + 1)), status: 400 },
  { name: "a number beyond all numbers", request: sized('{"name":1e400}'), status: 422 },
  { name: "a number of 200,000 digits", request: sized(`{"name":${"9".repeat(200_000)}}`), status: 422 },
  { name: "a member twice", request: sized('{"name":1,"name":"b"}'), status: 400 },
  { name: "a member twice, once escaped", request: sized('{"name":"a","\\u006eame":"b"}'), status: 400 },
  {
    name: "20,000 unknown members",
    request: sized(`{${Array.from({ length: 20_000 }, (_, i) => `"m${i}":1`).join(",")}}`),
    status: 422,
  },
  {
    name: "a member's name of 200,000 characters",
    request: sized(`{"${"~".repeat(200_000)}":1}`),
    status: 422,
  },
  { name: "a word of 200,000 characters", request: sized("a".repeat(200_000)), status: 400 },
  { name: "__proto__", request: sized('{"name":"a","__proto__":{}}'), status: 422 },
  { name: "NUL instead of JSON", request: sized("\0"), status: 400 },
  { name: "NUL in a text", request: sized('{"name":"a\\u0000"}'), status: 422 },
  { name: "a lone surrogate in a text", request: sized('{"name":"\\ud800"}'), status: 422 },
  { name: "UTF-16", request: sized(Buffer.from('\ufeff{"name":"a"}', "utf16le")), status: 400 },
  { name: "a byte order mark", request: sized('\ufeff{"name":"a"}'), status: 400 },
  { name: "Latin-1", request: sized(Buffer.from('{"name":"\xe9"}', "latin1")), status: 400 },
  {
    name: "a gzip bomb that says so",
    request: post("Content-Encoding: gzip\r\nContent-Length: 2", "{}"),
    status: 415,
  },
];
