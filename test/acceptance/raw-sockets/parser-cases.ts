/** The answer: a status without a body from Bun's own parser, or only the end of the connection. */
export type ParserAnswer = "bare 400" | "bare 431" | "bare 505" | "closed";

/** A request on the wire, and how Bun's parser answers it before the program sees it. */
export interface ParserCase {
  readonly name: string;
  readonly request: string;
  readonly answer: ParserAnswer;
}

const HOST = "Host: 127.0.0.1\r\n";
const POST = `POST /checklists HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const headers = (lines: string) => `GET / HTTP/1.1\r\n${HOST}${lines}\r\n\r\n`;
const requestLine = (line: string) => `${line}\r\n${HOST}\r\n`;

const lines = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: a`).join("\r\n");

/** A request of exactly this many bytes. */
export function upTo(bytes: number): string {
  const start = `GET /actuator/health HTTP/1.1\r\n${HOST}Connection: close\r\nX-A: `;
  return `${start}${"a".repeat(bytes - start.length - 4)}\r\n\r\n`;
}

/** docs/http-parser.md lists the same, in the same words: an update of Bun that changes one is noticed. */
export const PARSER_CASES: readonly ParserCase[] = [
  { name: "HTTP/1.1 without Host", request: "GET / HTTP/1.1\r\n\r\n", answer: "bare 400" },
  {
    name: "two Content-Lengths that differ",
    request: `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    answer: "bare 400",
  },
  { name: "a list of Content-Lengths", request: `${POST}Content-Length: 2, 2\r\n\r\n{}`, answer: "bare 400" },
  {
    name: "Content-Length with Transfer-Encoding",
    request: `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    answer: "bare 400",
  },
  { name: "a negative Content-Length", request: `${POST}Content-Length: -1\r\n\r\n`, answer: "bare 400" },
  {
    name: "a Content-Length that is not a number",
    request: `${POST}Content-Length: two\r\n\r\n{}`,
    answer: "bare 400",
  },
  {
    name: "a Content-Length with a plus sign",
    request: `${POST}Content-Length: +2\r\n\r\n{}`,
    answer: "bare 400",
  },
  { name: "an empty Content-Length", request: `${POST}Content-Length:\r\n\r\n{}`, answer: "bare 400" },
  {
    name: "a Content-Length beyond 64 bits",
    request: `${POST}Content-Length: 99999999999999999999999\r\n\r\n{}`,
    answer: "bare 400",
  },
  {
    name: "a chunk size that is not a number",
    request: `${CHUNKED}zz\r\n{}\r\n0\r\n\r\n`,
    answer: "bare 400",
  },
  { name: "a chunk longer than its size", request: `${CHUNKED}2\r\n{}{}\r\n0\r\n\r\n`, answer: "bare 400" },
  {
    name: "a chunk size beyond 64 bits",
    request: `${CHUNKED}fffffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
    answer: "bare 400",
  },
  {
    name: "an unknown transfer coding",
    request: `${POST}Transfer-Encoding: gzip\r\n\r\n`,
    answer: "bare 400",
  },
  {
    name: "chunked before another transfer coding",
    request: `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    answer: "bare 400",
  },
  {
    name: "two Transfer-Encodings",
    request: `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    answer: "bare 400",
  },
  {
    name: "Transfer-Encoding on HTTP/1.0",
    request: "POST /checklists HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    answer: "bare 400",
  },
  { name: "NUL in a header", request: headers("X-A: a\0b"), answer: "bare 400" },
  { name: "a control character in a header", request: headers("X-A: \x01"), answer: "bare 400" },
  { name: "CR within a header", request: headers("X-A: a\rb"), answer: "bare 400" },
  { name: "a header folded over two lines", request: headers("X-A: a\r\n b"), answer: "bare 400" },
  { name: "space before a header's colon", request: headers("X-A : a"), answer: "bare 400" },
  { name: "a header without a colon", request: headers("X-A"), answer: "bare 400" },
  { name: "a header without a name", request: headers(": a"), answer: "bare 400" },
  {
    name: "a header line ended by LF only",
    request: `GET / HTTP/1.1\r\n${HOST}X-A: a\n\r\n`,
    answer: "bare 400",
  },
  { name: "a header of 100 kB", request: headers(`X-A: ${"a".repeat(100_000)}`), answer: "bare 431" },
  { name: "300 headers", request: headers(lines(300)), answer: "bare 431" },
  { name: "more than 16,384 bytes before the body", request: upTo(16_385), answer: "bare 431" },
  { name: "more than 198 headers", request: headers(lines(198)), answer: "bare 431" },
  {
    name: "a URL of 100 kB",
    request: requestLine(`GET /${"a".repeat(100_000)} HTTP/1.1`),
    answer: "bare 431",
  },
  { name: "NUL in the path", request: requestLine("GET /a\0b HTTP/1.1"), answer: "bare 505" },
  { name: "space in the path", request: requestLine("GET /a b HTTP/1.1"), answer: "bare 505" },
  {
    name: "a request line ended by LF only",
    request: "GET / HTTP/1.1\nHost: 127.0.0.1\n\n",
    answer: "bare 505",
  },
  { name: "HTTP/0.9", request: "GET /\r\n\r\n", answer: "bare 505" },
  { name: "HTTP/9.9", request: requestLine("GET / HTTP/9.9"), answer: "bare 505" },
  { name: "HTTP/1.2", request: requestLine("GET / HTTP/1.2"), answer: "bare 505" },
  {
    name: "an empty line before the request",
    request: `\r\n${requestLine("GET / HTTP/1.1")}`,
    answer: "bare 400",
  },
  { name: "the preface of HTTP/2", request: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", answer: "bare 400" },
  { name: "OPTIONS *", request: requestLine("OPTIONS * HTTP/1.1"), answer: "bare 400" },
  {
    name: "a path that does not begin with a slash",
    request: requestLine("GET checklists HTTP/1.1"),
    answer: "bare 400",
  },
  {
    name: "a URL of another scheme",
    request: requestLine("GET ftp://127.0.0.1/ HTTP/1.1"),
    answer: "bare 400",
  },
  {
    name: "a backslash instead of the first slash",
    request: requestLine("GET \\checklists HTTP/1.1"),
    answer: "bare 400",
  },
  { name: "an unknown method", request: requestLine("FOO / HTTP/1.1"), answer: "closed" },
  { name: "a method in lower case", request: requestLine("get / HTTP/1.1"), answer: "closed" },
  {
    name: "bytes that are not HTTP",
    request: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    answer: "bare 400",
  },
];
