/** A handler's answer; the kernel adds what every answer has and makes the Response. */
export interface Reply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  /** A Blob is not copied, however many clients get it at once. */
  readonly body: string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array> | null;
}

export function reply(status: number, headers: Record<string, string>, body: Reply["body"] = null): Reply {
  return { status, headers, body };
}
