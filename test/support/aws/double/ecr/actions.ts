import { AwsError } from "../errors.ts";
import { type Fields, fieldsOf, listOf, numberOf, page, recordsOf, textOf, textsOf } from "../fields.ts";
import type { Actions } from "../service.ts";
import type { Physical, World } from "../world.ts";
import type { ImageStore, Manifest, Repository } from "./store.ts";

/** How long a registry token is valid, ms. */
const TOKEN_MS = 12 * 60 * 60_000;
const PAGE_MAX = 100;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html */
export class Ecr {
  readonly #world: World;
  readonly #store: ImageStore;
  readonly #tokens = new Map<string, { readonly deployer: string; readonly expiresAtMs: number }>();

  constructor(world: World, store: ImageStore) {
    this.#world = world;
    this.#store = store;
  }

  /** Returns the deployer that has this registry password, or undefined if the password is not valid. */
  ownerOf(password: string): string | undefined {
    const token = this.#tokens.get(password);
    const holds = token !== undefined && token.expiresAtMs > this.#world.clock.now().getTime();
    return holds ? token.deployer : undefined;
  }

  readonly actions: Actions = {
    DescribeRepositories: (input, { isUnseen }) => {
      const names = textsOf(input, "repositoryNames");
      for (const name of names) this.#known(isUnseen ? undefined : name, name);
      const all = this.#world
        .all("AWS::ECR::Repository")
        .filter((one) => names.length === 0 || names.includes(one.id));
      const { items, nextToken } = page(
        all,
        textOf(input, "nextToken"),
        numberOf(input, "maxResults") ?? PAGE_MAX,
      );
      return { repositories: items.map((one) => this.#repositoryAnswer(one)), nextToken };
    },
    GetAuthorizationToken: (_input, { call, endpoint }) => {
      const password = `ecr-${this.#world.hex(40)}`;
      const expiresAtMs = this.#world.clock.now().getTime() + TOKEN_MS;
      this.#tokens.set(password, { deployer: call.deployer, expiresAtMs });
      const authorizationToken = Buffer.from(`AWS:${password}`).toString("base64");
      // In AWS, this is the registry's own host. The double gives its own address, where it also speaks `/v2/`.
      return {
        authorizationData: [
          { authorizationToken, expiresAt: new Date(expiresAtMs), proxyEndpoint: endpoint },
        ],
      };
    },
    DescribeImages: (input) => this.#describeImages(input),
    ListImages: (input) => {
      const repository = this.#repository(input);
      return { imageIds: [...repository.manifests.keys()].map((imageDigest) => ({ imageDigest })) };
    },
    BatchGetImage: (input) => {
      const repository = this.#repository(input);
      const found = recordsOf(input, "imageIds").map((id) => ({ id, manifest: manifestOf(repository, id) }));
      return {
        images: found.flatMap(({ manifest }) =>
          manifest === undefined
            ? []
            : [
                {
                  imageId: { imageDigest: manifest.digest },
                  imageManifest: manifest.bytes.toString(),
                  imageManifestMediaType: manifest.mediaType,
                },
              ],
        ),
        failures: found.filter(({ manifest }) => manifest === undefined).map(({ id }) => notFound(id)),
      };
    },
    /**
     * Deleting by digest deletes the image with all its tags. Deleting by tag deletes only the tag while others are
     * left.
     */
    BatchDeleteImage: (input) => {
      const repository = this.#repository(input);
      const ids = recordsOf(input, "imageIds");
      const failures = ids.filter((id) => manifestOf(repository, id) === undefined).map(notFound);
      const imageIds = ids.filter((id) => manifestOf(repository, id) !== undefined);
      for (const id of imageIds) remove(repository, id);
      return { imageIds, failures };
    },
  };

  #describeImages(input: Fields): Fields {
    const repository = this.#repository(input);
    const ids = recordsOf(input, "imageIds");
    const missing = ids.find((id) => manifestOf(repository, id) === undefined);
    if (missing !== undefined)
      throw new AwsError(
        "ImageNotFoundException",
        `The image with imageId ${JSON.stringify(missing)} does not exist within the repository with name '${textOf(input, "repositoryName")}' in the registry with id '${this.#world.accountId}'`,
      );
    const wanted =
      ids.length === 0
        ? [...repository.manifests.values()]
        : ids.flatMap((id) => manifestOf(repository, id) ?? []);
    const tagStatus = textOf(fieldsOf(input.filter), "tagStatus") ?? "ANY";
    const found = wanted.filter(
      (one) => tagStatus === "ANY" || (tagStatus === "TAGGED") === tagsOf(repository, one).length > 0,
    );
    const { items, nextToken } = page(
      found,
      textOf(input, "nextToken"),
      numberOf(input, "maxResults") ?? PAGE_MAX,
    );
    return { imageDetails: items.map((one) => this.#imageAnswer(input, repository, one)), nextToken };
  }

  #imageAnswer(input: Fields, repository: Repository, manifest: Manifest): Fields {
    const tags = tagsOf(repository, manifest);
    const document = fieldsOf(JSON.parse(manifest.bytes.toString()));
    const blobs = [document.config, ...listOf(document, "layers")].map(fieldsOf);
    return {
      registryId: this.#world.accountId,
      repositoryName: textOf(input, "repositoryName"),
      imageDigest: manifest.digest,
      imageTags: tags.length === 0 ? undefined : tags,
      imageSizeInBytes: blobs.reduce((sum, blob) => sum + (numberOf(blob, "size") ?? 0), 0),
      imagePushedAt: manifest.pushedAt,
      imageManifestMediaType: manifest.mediaType,
      artifactMediaType: textOf(document, "artifactType") ?? textOf(fieldsOf(document.config), "mediaType"),
    };
  }

  #repositoryAnswer({ id, attributes, properties, createdAt }: Physical): Fields {
    return {
      repositoryArn: attributes.Arn,
      registryId: this.#world.accountId,
      repositoryName: id,
      repositoryUri: attributes.RepositoryUri,
      createdAt,
      imageTagMutability: textOf(properties, "ImageTagMutability") ?? "MUTABLE",
      imageScanningConfiguration: {
        scanOnPush: fieldsOf(properties.ImageScanningConfiguration).ScanOnPush === true,
      },
      encryptionConfiguration: { encryptionType: "AES256" },
    };
  }

  #repository(input: Fields): Repository {
    const name = textOf(input, "repositoryName") ?? "";
    this.#known(name, name);
    return this.#store.of(name);
  }

  #known(name: string | undefined, asked: string): void {
    if (this.#world.find("AWS::ECR::Repository", name) === undefined)
      throw new AwsError(
        "RepositoryNotFoundException",
        `The repository with name '${asked}' does not exist in the registry with id '${this.#world.accountId}'`,
      );
  }
}

export function tagsOf(repository: Repository, { digest }: Manifest): string[] {
  return [...repository.tags].filter(([, one]) => one === digest).map(([tag]) => tag);
}

function manifestOf(repository: Repository, id: Fields): Manifest | undefined {
  const digest = textOf(id, "imageDigest") ?? repository.tags.get(textOf(id, "imageTag") ?? "");
  return repository.manifests.get(digest ?? "");
}

function remove(repository: Repository, id: Fields): void {
  const manifest = manifestOf(repository, id);
  if (manifest === undefined) return;
  const tag = textOf(id, "imageTag");
  if (tag !== undefined && textOf(id, "imageDigest") === undefined) {
    repository.tags.delete(tag);
    if (tagsOf(repository, manifest).length > 0) return;
  }
  for (const one of tagsOf(repository, manifest)) repository.tags.delete(one);
  repository.manifests.delete(manifest.digest);
}

function notFound(imageId: Fields): Fields {
  return { imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" };
}
