import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import { DeployError } from "../../application/deploy/errors.ts";
import type { Architecture, Registry, RegistryImage, RegistryLogin } from "../../application/deploy/ports.ts";
import { reasonOf } from "../../lib/reason.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

/** Most images that one call deletes. Source: ECR API Reference, BatchDeleteImage. */
const DELETED_MAX = 100;
/** For one answer of the registry, ms. */
const TIMEOUT_MS = 60_000;
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** @see Registry */
export class EcrRegistry implements Registry {
  private readonly send: ECRClient["send"];

  constructor(aws: AwsConnection) {
    this.send = aws.sender(new ECRClient({ ...aws.config }));
  }

  async repository(name: string): Promise<{ readonly uri: string } | undefined> {
    try {
      const { repositories } = await this.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
      const uri = repositories?.[0]?.repositoryUri;
      return uri === undefined ? undefined : { uri };
    } catch (error) {
      if (isAws(error, ["RepositoryNotFoundException"])) return undefined;
      throw error;
    }
  }

  async login(): Promise<RegistryLogin> {
    const { authorizationData } = await this.send(new GetAuthorizationTokenCommand({}));
    const { authorizationToken: token, proxyEndpoint: origin } = authorizationData?.[0] ?? {};
    if (token === undefined || origin === undefined) {
      throw new DeployError("image", "ECR returned no login", "run the same command again");
    }
    const [username = "", ...password] = Buffer.from(token, "base64").toString("utf8").split(":");
    return { origin, username, password: password.join(":") };
  }

  async images(repository: string): Promise<readonly RegistryImage[]> {
    const found: RegistryImage[] = [];
    let nextToken: string | undefined;
    try {
      do {
        const command = new DescribeImagesCommand({
          repositoryName: repository,
          ...(nextToken && { nextToken }),
        });
        const answer = await this.send(command);
        for (const { imageDigest, imageTags, imagePushedAt, imageSizeInBytes } of answer.imageDetails ?? []) {
          found.push({
            digest: imageDigest ?? "",
            tags: imageTags ?? [],
            pushedAt: imagePushedAt?.getTime() ?? 0,
            bytes: imageSizeInBytes ?? 0,
          });
        }
        nextToken = answer.nextToken;
      } while (nextToken);
    } catch (error) {
      if (isAws(error, ["RepositoryNotFoundException"])) return [];
      throw error;
    }
    return found.sort((a, b) => b.pushedAt - a.pushedAt);
  }

  /** As the image's configuration says, which only the registry's own protocol shows. */
  async architectureOf(repository: string, digest: string): Promise<Architecture | undefined> {
    const { origin, ...keys } = await this.login();
    const headers = { ...basic(keys), accept: MANIFEST_TYPES };
    const base = `${origin}/v2/${repository}`;
    const what = `read the image ${digest}`;
    const manifest = found(await answerTo(`${base}/manifests/${digest}`, { headers }, what), what);
    const { config } = membersOf(manifest, what) as { readonly config?: { readonly digest?: string } };
    if (config?.digest === undefined) return undefined;
    const { architecture } = membersOf(await blob(`${base}/blobs/${config.digest}`, headers, what), what);
    return architecture === "amd64" || architecture === "arm64" ? architecture : undefined;
  }

  /** By the registry's own protocol: the manifest that is there is put once more, under the other name. */
  async tag(
    repository: string,
    digest: string,
    tag: string,
    { origin, ...keys }: RegistryLogin,
  ): Promise<void> {
    const base = `${origin}/v2/${repository}/manifests`;
    const reading = `read the manifest ${digest}`;
    const tagging = `give the image the tag ${tag}`;
    const headers = { ...basic(keys), accept: MANIFEST_TYPES };
    const got = found(await answerTo(`${base}/${digest}`, { headers }, reading), reading);
    const type = got.headers.get("content-type") ?? MANIFEST_TYPES;
    const order = {
      method: "PUT",
      headers: { ...basic(keys), "content-type": type },
      body: got.bytes,
    };
    const put = await answerTo(`${base}/${tag}`, order, tagging);
    if (put.ok || /already exists/i.test(textOf(put))) return;
    throw registryRefusal(put, tagging);
  }

  async deleteImages(repository: string, digests: readonly string[]): Promise<void> {
    for (let first = 0; first < digests.length; first += DELETED_MAX) {
      const imageIds = digests.slice(first, first + DELETED_MAX).map((imageDigest) => ({ imageDigest }));
      await this.send(new BatchDeleteImageCommand({ repositoryName: repository, imageIds }));
    }
  }
}

function basic({ username, password }: Omit<RegistryLogin, "origin">): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

/** An answer that has arrived completely. */
interface Received {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: ArrayBuffer;
}

/** @throws DeployError `unreachable` if there is no answer, or the connection ends in it */
async function answerTo(url: string, request: RequestInit, what: string): Promise<Received> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, { ...request, redirect: "manual", signal });
    const { ok, status, headers } = answer;
    return { ok, status, headers, bytes: await answer.arrayBuffer() };
  } catch (error) {
    throw new DeployError(
      "unreachable",
      `cannot ${what}: ${new URL(url).host} does not answer: ${reasonOf(error)}`,
      "check this machine's network, then run the same command again: it continues from there",
      { cause: error },
    );
  }
}

/** ECR keeps blobs in S3, and sends there; the password is the registry's alone. */
async function blob(url: string, headers: Readonly<Record<string, string>>, what: string): Promise<Received> {
  const answer = await answerTo(url, { headers }, what);
  const elsewhere = answer.headers.get("location");
  const isSent = answer.status >= 300 && answer.status < 400 && elsewhere !== null;
  return found(isSent ? await answerTo(new URL(elsewhere, url).href, {}, what) : answer, what);
}

function found(answer: Received, what: string): Received {
  if (!answer.ok) throw registryRefusal(answer, what);
  return answer;
}

function registryRefusal(answer: Received, what: string): DeployError {
  const text = textOf(answer).slice(0, 500);
  return new DeployError(
    "image",
    `the registry refused to ${what}: ${answer.status} ${text}`,
    "run the same command again: it continues from there",
  );
}

function textOf({ bytes }: Received): string {
  return new TextDecoder().decode(bytes);
}

/** @throws DeployError `image` if it is not JSON */
function membersOf(answer: Received, what: string): { readonly [name: string]: unknown } {
  try {
    return Object(JSON.parse(textOf(answer)));
  } catch (error) {
    throw new DeployError(
      "image",
      `cannot ${what}: the registry's answer is not JSON: ${textOf(answer).slice(0, 100)}`,
      "run the same command again: it continues from there",
      { cause: error },
    );
  }
}
