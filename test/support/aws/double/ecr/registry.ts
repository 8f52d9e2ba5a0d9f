import type { Deployers } from "../deployers.ts";
import type { AwsError } from "../errors.ts";
import { type Fields, fieldsOf, recordsOf, textOf } from "../fields.ts";
import type { Front } from "../wire/front.ts";
import type { Answer, Request } from "../wire/server.ts";
import type { World } from "../world.ts";
import type { Ecr } from "./actions.ts";
import { digestOf, type ImageStore, type Repository } from "./store.ts";

export interface RegistryParts {
  readonly world: World;
  readonly store: ImageStore;
  readonly ecr: Ecr;
  readonly deployers: Deployers;
  readonly front: Front;
}

interface Asked {
  readonly method: string;
  readonly name: string;
  readonly kind: "blobs" | "uploads" | "manifests" | "referrers" | "base";
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly request: Request;
}

/**
 * What a policy must allow for each request: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
 */
const IAM_ACTIONS: Readonly<Record<string, string>> = {
  "GET base": "GetAuthorizationToken",
  "HEAD blobs": "BatchCheckLayerAvailability",
  "GET blobs": "GetDownloadUrlForLayer",
  "POST uploads": "InitiateLayerUpload",
  "PATCH uploads": "UploadLayerPart",
  "GET uploads": "UploadLayerPart",
  "PUT uploads": "CompleteLayerUpload",
  "DELETE uploads": "UploadLayerPart",
  "PUT manifests": "PutImage",
  "HEAD manifests": "BatchGetImage",
  "GET manifests": "BatchGetImage",
  "GET referrers": "BatchGetImage",
};

/**
 * ECR's registry: OCI distribution with immutable tags, verified digests and uploads in pieces.
 * Sources: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md and
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export class Registry {
  readonly #parts: RegistryParts;
  readonly #interruptions: number[] = [];

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** Cuts the connection when the next piece of an upload has arrived up to this byte. */
  interruptUpload(afterBytes: number): void {
    this.#interruptions.push(afterBytes);
  }

  async respond(request: Request): Promise<Answer | "cut"> {
    using _busy = this.#parts.world.clock.busy();
    const asked = parsed(request);
    if (asked === undefined) return failure(404, "UNSUPPORTED", "no such address");
    const deployer = this.#parts.deployers.named(this.#callerOf(request) ?? "");
    if (deployer === undefined) return unauthorized(request.message.headers.authorization);
    if (deployer.isDead) return "cut";
    const action = `${asked.method} ${asked.kind}`;
    const { name, reference, query } = asked;
    const input = { repositoryName: name, reference, query: query.toString(), bytes: request.body.length };
    const call = this.#parts.front.record(deployer, {
      ...{ service: "registry", action, input },
      iamAction: `ecr:${IAM_ACTIONS[action] ?? action}`,
    });
    return this.#parts.front.through(call, deployer, async (_context, planted) => {
      const answer = planted === undefined ? this.#applied(asked) : plantedAnswer(planted("json"));
      if (answer !== "cut" && answer.status >= 400) call.outcome = "refused";
      return answer;
    });
  }

  #callerOf({ message }: Request): string | undefined {
    const [, encoded = ""] = /^Basic (.+)$/i.exec(message.headers.authorization ?? "") ?? [];
    const [user, password = ""] = Buffer.from(encoded, "base64").toString().split(":");
    return user === "AWS" ? this.#parts.ecr.ownerOf(password) : undefined;
  }

  #applied(asked: Asked): Answer | "cut" {
    if (asked.kind === "base") return { status: 200, body: "{}" };
    const { world, store } = this.#parts;
    const physical = world.find("AWS::ECR::Repository", asked.name);
    if (physical === undefined)
      return failure(
        404,
        "NAME_UNKNOWN",
        `The repository with name '${asked.name}' does not exist in the registry`,
      );
    const repository = store.of(asked.name);
    if (asked.kind === "blobs") return blobAnswer(repository, asked);
    if (asked.kind === "uploads") return this.#upload(repository, asked);
    if (asked.kind === "referrers") return referrersAnswer(repository, asked.reference);
    if (asked.method !== "PUT") return manifestAnswer(repository, asked);
    return this.#putManifest(
      repository,
      asked,
      textOf(physical.properties, "ImageTagMutability") === "IMMUTABLE",
    );
  }

  #upload(repository: Repository, asked: Asked): Answer | "cut" {
    const { method, name, query, reference, request } = asked;
    if (method === "POST") return this.#beginUpload(repository, asked);
    const held = repository.uploads.get(reference);
    if (held === undefined) return failure(404, "BLOB_UPLOAD_UNKNOWN", "The upload is unknown");
    if (method === "GET") return progress(204, name, reference, held.length);
    if (method === "DELETE") {
      repository.uploads.delete(reference);
      return { status: 204 };
    }
    const [, start] = /^(\d+)-/.exec(request.message.headers["content-range"] ?? "") ?? [];
    if (start !== undefined && Number(start) !== held.length)
      return progress(416, name, reference, held.length);
    const cutAt = this.#interruptions.shift();
    const bytes = Buffer.concat([held, cutAt === undefined ? request.body : request.body.subarray(0, cutAt)]);
    repository.uploads.set(reference, bytes);
    if (cutAt !== undefined) return "cut";
    return method === "PUT"
      ? finished(repository, asked, bytes, query.get("digest") ?? "")
      : progress(202, name, reference, bytes.length);
  }

  #beginUpload(repository: Repository, asked: Asked): Answer {
    const { name, query, request } = asked;
    const mounted = query.get("mount");
    const source = this.#parts.store.of(query.get("from") ?? name).blobs.get(mounted ?? "");
    if (mounted !== null && source !== undefined) {
      repository.blobs.set(mounted, source);
      return stored(name, mounted);
    }
    const id = this.#parts.world.uuid();
    const digest = query.get("digest");
    if (digest !== null) return finished(repository, { ...asked, reference: id }, request.body, digest);
    repository.uploads.set(id, Buffer.alloc(0));
    return progress(202, name, id, 0);
  }

  #putManifest(repository: Repository, asked: Asked, isImmutable: boolean): Answer {
    const { name, reference, request } = asked;
    const digest = digestOf(request.body);
    const isTag = !reference.startsWith("sha256:");
    if (!isTag && reference !== digest)
      return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    const document = fieldsOf(JSON.parse(request.body.toString()));
    const missing = blobsOf(document).find(
      (blob) => !repository.blobs.has(blob) && !repository.manifests.has(blob),
    );
    if (missing !== undefined)
      return failure(
        404,
        "BLOB_UNKNOWN",
        `Layers with digests '[${missing}]' required for pushing image into repository '${name}' do not exist`,
      );
    const held = isTag ? repository.tags.get(reference) : undefined;
    if (isImmutable && held !== undefined && held !== digest)
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
      return failure(
        400,
        "TAG_INVALID",
        `The image tag '${reference}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
      );
    const mediaType = request.message.headers["content-type"] ?? "application/vnd.oci.image.manifest.v1+json";
    this.#parts.store.put(
      name,
      isTag ? reference : undefined,
      request.body,
      mediaType,
      this.#parts.world.clock.now(),
    );
    const subject = textOf(fieldsOf(document.subject), "digest");
    return {
      status: 201,
      headers: {
        location: `/v2/${name}/manifests/${digest}`,
        "docker-content-digest": digest,
        ...(subject === undefined ? {} : { "oci-subject": subject }),
      },
    };
  }
}

function parsed(request: Request): Asked | undefined {
  const url = new URL(request.message.url ?? "/", "http://registry");
  const method = request.message.method ?? "";
  const query = url.searchParams;
  if (/^\/v2\/?$/.test(url.pathname))
    return { method, name: "", kind: "base", reference: "", query, request };
  const uploads = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/.exec(url.pathname);
  const others = /^\/v2\/(.+)\/(blobs|manifests|referrers)\/([^/]+)$/.exec(url.pathname);
  if (uploads !== null)
    return { method, name: uploads[1] ?? "", kind: "uploads", reference: uploads[2] ?? "", query, request };
  if (others === null) return undefined;
  return {
    method,
    name: others[1] ?? "",
    kind: others[2] as Asked["kind"],
    reference: others[3] ?? "",
    query,
    request,
  };
}

function blobAnswer(repository: Repository, { method, reference }: Asked): Answer {
  const blob = repository.blobs.get(reference);
  if (blob === undefined) return failure(404, "BLOB_UNKNOWN", "blob unknown to registry");
  const headers = { "docker-content-digest": reference, "content-type": "application/octet-stream" };
  if (method === "HEAD")
    return { status: 200, headers: { ...headers, "content-length": String(blob.length) } };
  return { status: 200, headers, body: blob };
}

function manifestAnswer(repository: Repository, { method, reference }: Asked): Answer {
  const digest = reference.startsWith("sha256:") ? reference : repository.tags.get(reference);
  const manifest = repository.manifests.get(digest ?? "");
  if (manifest === undefined) return failure(404, "MANIFEST_UNKNOWN", "Requested image not found");
  const headers = { "docker-content-digest": manifest.digest, "content-type": manifest.mediaType };
  if (method === "HEAD")
    return { status: 200, headers: { ...headers, "content-length": String(manifest.bytes.length) } };
  return { status: 200, headers, body: manifest.bytes };
}

function referrersAnswer(repository: Repository, digest: string): Answer {
  const manifests = [...repository.manifests.values()].flatMap((manifest) => {
    const document = fieldsOf(JSON.parse(manifest.bytes.toString()));
    if (textOf(fieldsOf(document.subject), "digest") !== digest) return [];
    const artifactType = textOf(document, "artifactType") ?? textOf(fieldsOf(document.config), "mediaType");
    return [
      { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length, artifactType },
    ];
  });
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return {
    status: 200,
    headers: { "content-type": mediaType },
    body: JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
  };
}

function finished(repository: Repository, { name, reference }: Asked, bytes: Buffer, digest: string): Answer {
  if (digestOf(bytes) !== digest)
    return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  repository.uploads.delete(reference);
  repository.blobs.set(digest, bytes);
  return stored(name, digest);
}

function stored(name: string, digest: string): Answer {
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest },
  };
}

function progress(status: number, name: string, id: string, bytes: number): Answer {
  const range = `0-${Math.max(0, bytes - 1)}`;
  return {
    status,
    headers: { location: `/v2/${name}/blobs/uploads/${id}`, "docker-upload-uuid": id, range },
  };
}

function failure(status: number, code: string, message: string): Answer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

function plantedAnswer({ status, code, message }: AwsError): Answer {
  return code === "ThrottlingException"
    ? failure(429, "TOOMANYREQUESTS", message)
    : failure(status, code, message);
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html */
function unauthorized(authorization: string | undefined): Answer {
  if (authorization !== undefined)
    return failure(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  const challenge = 'Basic realm="https://ecr.amazonaws.com/",service="ecr.amazonaws.com"';
  const answer = failure(401, "UNAUTHORIZED", "Not Authorized");
  return { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } };
}

function blobsOf(document: Fields): string[] {
  const parts = [
    fieldsOf(document.config),
    ...recordsOf(document, "layers"),
    ...recordsOf(document, "manifests"),
  ];
  return parts.map((one) => textOf(one, "digest")).filter((digest) => digest !== undefined);
}
