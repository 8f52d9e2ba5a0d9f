import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import { DeployError } from "../../application/deploy/errors.ts";
import type { Registry, RegistryImage, RegistryLogin } from "../../application/deploy/ports.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

/** Most images that one call deletes. Source: ECR API Reference, BatchDeleteImage. */
const DELETED_MAX = 100;
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

  /** By the registry's own protocol: the manifest that is there is put once more, under the other name. */
  async tag(
    repository: string,
    digest: string,
    tag: string,
    { origin, username, password }: RegistryLogin,
  ): Promise<void> {
    const base = `${origin}/v2/${repository}/manifests`;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const got = await fetch(`${base}/${digest}`, { headers: { authorization, accept: MANIFEST_TYPES } });
    if (!got.ok) throw await registryRefusal(got, `read the manifest ${digest}`);
    const put = await fetch(`${base}/${tag}`, {
      method: "PUT",
      headers: { authorization, "content-type": got.headers.get("content-type") ?? MANIFEST_TYPES },
      body: await got.bytes(),
    });
    const text = put.ok ? "" : await put.text();
    if (put.ok || /already exists/i.test(text)) return;
    throw await registryRefusal(new Response(text, put), `give the image the tag ${tag}`);
  }

  async deleteImages(repository: string, digests: readonly string[]): Promise<void> {
    for (let first = 0; first < digests.length; first += DELETED_MAX) {
      const imageIds = digests.slice(first, first + DELETED_MAX).map((imageDigest) => ({ imageDigest }));
      await this.send(new BatchDeleteImageCommand({ repositoryName: repository, imageIds }));
    }
  }
}

async function registryRefusal(answer: Response, what: string): Promise<DeployError> {
  const text = (await answer.text()).slice(0, 500);
  return new DeployError(
    "image",
    `the registry refused to ${what}: ${answer.status} ${text}`,
    "run the same command again: it continues from there",
  );
}
