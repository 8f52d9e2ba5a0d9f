import { digestOf } from "../../../src/adapters/oci/digest.ts";
import { MEDIA_TYPES } from "../../../src/adapters/oci/media-types.ts";

/**
 * Behaviours of registries that docker-registry does not have. Sources: aws/containers-roadmap issues 2831
 * (201 and a Range that stays behind; 416 for a piece that is there), 2380 (tags that can't be moved), 2783
 * (405 for manifests with a subject); dotnet/sdk pull request 33019 (404 for the state of an upload); OCI
 * distribution specification 1.1 (referrers, OCI-Subject).
 */
export interface DoubleOptions {
  readonly staleRange?: boolean;
  readonly noUploadState?: boolean;
  /** The piece, counted from 1, that is stored and not answered. */
  readonly loseAnswerOfPiece?: number;
  /** The piece of which only some bytes are stored, and which is answered 503. */
  readonly keepBytesOfPiece?: { readonly piece: number; readonly bytes: number };
  readonly referrers?: "header" | "list";
  readonly refusesSubjects?: boolean;
  readonly immutableTags?: boolean;
  /** Wants tokens, each good for so many requests. */
  readonly tokens?: { readonly usesEach: number };
  readonly redirectsBlobs?: boolean;
  /** Stores other bytes than it gets. */
  readonly damages?: boolean;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface RegistryDouble extends AsyncDisposable {
  readonly origin: string;
  readonly seen: readonly SeenRequest[];
  /** From now on returns other bytes for this blob. */
  damage(digest: string): void;
}

/** A registry in memory with one repository. */
export function registryDouble(options: DoubleOptions): RegistryDouble {
  const double = new Double(options);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    maxRequestBodySize: 67_108_864,
    fetch: (request) => double.answer(request),
  });
  const bucket = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => double.fromBucket(request),
  });
  double.bucketOrigin = `http://127.0.0.1:${bucket.port}`;
  double.origin = `http://127.0.0.1:${server.port}`;
  return {
    origin: double.origin,
    seen: double.seen,
    damage: (digest) => double.blobs.set(digest, Buffer.alloc(double.blobs.get(digest)?.length ?? 0)),
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
      await bucket.stop(true);
    },
  };
}

const fault = (status: number, code: string, headers: Record<string, string> = {}) =>
  Response.json({ errors: [{ code, message: code.toLowerCase() }] }, { status, headers });

class Double {
  origin = "";
  bucketOrigin = "";
  readonly seen: SeenRequest[] = [];
  readonly blobs = new Map<string, Buffer>();
  private readonly manifests = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  private readonly tags = new Map<string, string>();
  private readonly uploads = new Map<string, Buffer>();
  private pieces = 0;
  private tokens = 0;
  private uses = 0;

  constructor(private readonly options: DoubleOptions) {}

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.see(request, url);
    if (url.pathname === "/token") return this.token();
    const refused = this.options.tokens && this.unauthorized(request);
    if (refused) return refused;
    const [, kind = "", rest = ""] = /^\/v2\/todos\/([a-z]+)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === "blobs" && rest.startsWith("uploads/")) {
      return this.upload(request, rest.slice("uploads/".length), url);
    }
    if (kind === "blobs") return this.blob(rest);
    if (kind === "manifests") {
      return request.method === "PUT" ? this.putManifest(request, rest) : this.manifest(rest);
    }
    return kind === "referrers" ? this.referrers(rest) : fault(404, "NAME_UNKNOWN");
  }

  fromBucket(request: Request): Response {
    const url = new URL(request.url);
    this.see(request, url);
    const blob = this.blobs.get(url.pathname.slice("/bucket/".length));
    return blob ? new Response(new Uint8Array(blob)) : fault(404, "BLOB_UNKNOWN");
  }

  private see(request: Request, url: URL): void {
    this.seen.push({
      method: request.method,
      path: url.pathname + url.search,
      range: request.headers.get("content-range") ?? undefined,
      authorization: request.headers.get("authorization") ?? undefined,
    });
  }

  private token(): Response {
    this.tokens++;
    this.uses = 0;
    return Response.json({ token: `token-${this.tokens}` });
  }

  private unauthorized(request: Request): Response | undefined {
    const valid = request.headers.get("authorization") === `Bearer token-${this.tokens}`;
    this.uses++;
    if (valid && this.uses <= (this.options.tokens?.usesEach ?? 0)) return undefined;
    const scope = 'scope="repository:todos:pull,push"';
    const challenge = `Bearer realm="${this.origin}/token",service="double",${scope}`;
    return fault(401, "UNAUTHORIZED", { "www-authenticate": challenge });
  }

  private async upload(request: Request, id: string, url: URL): Promise<Response> {
    if (request.method === "POST") {
      const fresh = crypto.randomUUID();
      this.uploads.set(fresh, Buffer.alloc(0));
      return new Response(null, { status: 202, headers: { location: `/v2/todos/blobs/uploads/${fresh}` } });
    }
    const stored = this.uploads.get(id);
    if (!stored) return fault(404, "BLOB_UPLOAD_UNKNOWN");
    if (request.method === "GET") {
      const headers = { range: `0-${Math.max(stored.length - 1, 0)}` };
      return this.options.noUploadState
        ? fault(404, "NOT_FOUND")
        : new Response(null, { status: 204, headers });
    }
    const body = Buffer.from(await request.arrayBuffer());
    if (request.method === "PATCH") return this.piece(request, id, stored, body);
    const whole = Buffer.concat([stored, body]);
    const digest = url.searchParams.get("digest") ?? "";
    if (digestOf(whole) !== digest || this.options.damages) return fault(400, "DIGEST_INVALID");
    this.blobs.set(digest, whole);
    return new Response(null, { status: 201 });
  }

  private piece(request: Request, id: string, stored: Buffer, body: Buffer): Response {
    this.pieces++;
    const from = Number(/^(\d+)-/.exec(request.headers.get("content-range") ?? "")?.[1]);
    if (from !== stored.length) return fault(416, "BLOB_UPLOAD_INVALID");
    const kept = this.options.keepBytesOfPiece;
    if (kept?.piece === this.pieces) {
      this.uploads.set(id, Buffer.concat([stored, body.subarray(0, kept.bytes)]));
      return fault(503, "UNAVAILABLE");
    }
    this.uploads.set(id, Buffer.concat([stored, body]));
    if (this.options.loseAnswerOfPiece === this.pieces) return fault(504, "UNAVAILABLE");
    const range = this.options.staleRange ? "0-8388607" : `0-${stored.length + body.length - 1}`;
    return new Response(null, { status: this.options.staleRange ? 201 : 202, headers: { range } });
  }

  private blob(digest: string): Response {
    const blob = this.blobs.get(digest);
    if (!blob) return fault(404, "BLOB_UNKNOWN");
    return this.options.redirectsBlobs
      ? Response.redirect(`${this.bucketOrigin}/bucket/${digest}`, 307)
      : new Response(new Uint8Array(blob));
  }

  private async putManifest(request: Request, reference: string): Promise<Response> {
    const bytes = Buffer.from(await request.arrayBuffer());
    const digest = digestOf(bytes);
    const { subject } = JSON.parse(bytes.toString());
    if (subject && this.options.refusesSubjects) return fault(405, "UNSUPPORTED");
    const holder = this.tags.get(reference);
    // Amazon ECR refuses the same image again, too.
    if (holder !== undefined && this.options.immutableTags) return fault(400, "TAG_INVALID");
    this.manifests.set(digest, { bytes, type: request.headers.get("content-type") ?? "" });
    if (!reference.startsWith("sha256:")) this.tags.set(reference, digest);
    const listed = subject && this.options.referrers === "header" ? { "oci-subject": subject.digest } : {};
    return new Response(null, { status: 201, headers: { "docker-content-digest": digest, ...listed } });
  }

  private manifest(reference: string): Response {
    const digest = this.tags.get(reference) ?? reference;
    const found = this.manifests.get(digest);
    if (!found) return fault(404, "MANIFEST_UNKNOWN");
    const headers = { "content-type": found.type, "docker-content-digest": digest };
    return new Response(new Uint8Array(found.bytes), { headers });
  }

  private referrers(subject: string): Response {
    if (this.options.referrers === undefined) return fault(404, "NOT_FOUND");
    const about = [...this.manifests].filter(
      ([, { bytes }]) => JSON.parse(bytes.toString()).subject?.digest === subject,
    );
    const manifests = about.map(([digest, { bytes, type }]) => ({
      mediaType: type,
      digest,
      size: bytes.length,
    }));
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests });
    return new Response(body, { headers: { "content-type": MEDIA_TYPES.index } });
  }
}
