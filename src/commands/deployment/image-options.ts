import { join } from "node:path";
import type {
  BuildRequest,
  ImageArchitecture,
  LayerCompression,
  RegistryCredentials,
} from "../../application/deploy/images.ts";
import { REGISTRY_PASSWORD, REGISTRY_USER } from "../../config.ts";
import type { CommandOption, Context } from "../support/command.ts";
import { UsageError } from "../support/command.ts";

const ARCHITECTURES = ["amd64", "arm64"] as const;
const COMPRESSIONS = ["zstd", "gzip"] as const;

export const CREDENTIALS_HELP = `If the registry requires a login, set ${REGISTRY_USER} and ${REGISTRY_PASSWORD} (for Amazon ECR the user AWS and what aws ecr get-login-password prints).`;

export const BINARY_OPTION: CommandOption = {
  name: "binary",
  placeholder: "FILE",
  description:
    "Linux build of todos to use instead of this program; needed on macOS and for other processors",
};

export const ARCH_OPTION: CommandOption = {
  name: "arch",
  placeholder: ARCHITECTURES.join("|"),
  choices: ARCHITECTURES,
  description: "processor architecture (default: that of the program)",
};

/** Flags of every command that builds an image. */
export const IMAGE_OPTIONS: readonly CommandOption[] = [
  BINARY_OPTION,
  ARCH_OPTION,
  {
    name: "base",
    placeholder: "REF",
    description: "base image, REGISTRY/REPOSITORY@sha256:… (default: the C library inside the program)",
  },
  {
    name: "compression",
    placeholder: COMPRESSIONS.join("|"),
    choices: COMPRESSIONS,
    description: "compression of the layers (default: zstd; gzip is larger, for older tools)",
  },
];

/** The request of the flags of {@link IMAGE_OPTIONS}. @throws UsageError, ImageError `bad-binary` */
export async function buildRequest(context: Context): Promise<BuildRequest> {
  const { value } = context;
  const binaryPath = programPath(context);
  const architecture = chosen(value("arch"), ARCHITECTURES, "arch") ?? (await architectureOf(binaryPath));
  const compression: LayerCompression = chosen(value("compression"), COMPRESSIONS, "compression") ?? "zstd";
  const reference = value("base");
  const credentials = registryCredentials(context);
  const base = reference === undefined ? undefined : { reference, ...(credentials && { credentials }) };
  const caches = context.configuration.ambient.cacheFolder;
  return {
    binaryPath,
    architecture,
    compression,
    ...(base && { base }),
    ...(caches && { cacheFolder: join(caches, "todos", "image-pieces") }),
  };
}

/** The program that an image is built from or compared with. */
export function programPath({ value }: Context): string {
  return value("binary") ?? process.execPath;
}

/** @throws ImageError `bad-binary` */
export async function programArchitecture(context: Context): Promise<ImageArchitecture> {
  const asked = chosen(context.value("arch"), ARCHITECTURES, "arch");
  return asked ?? architectureOf(programPath(context));
}

async function architectureOf(path: string): Promise<ImageArchitecture> {
  const { architectureAt } = await import("../../adapters/oci/executable.ts");
  return architectureAt(path);
}

/** @throws UsageError if only one of the two is set */
export function registryCredentials({ configuration }: Context): RegistryCredentials | undefined {
  const { registryUser: username, registryPassword: password } = configuration.ambient;
  if (!username && !password) return undefined;
  if (!username || !password) {
    throw new UsageError(`${REGISTRY_USER} and ${REGISTRY_PASSWORD} go together: set both or neither`);
  }
  return { username, password };
}

function chosen<T extends string>(
  given: string | undefined,
  choices: readonly T[],
  name: string,
): T | undefined {
  const found = choices.find((choice) => choice === given);
  if (given !== undefined && found === undefined) {
    throw new UsageError(`--${name} is "${given}"; it must be one of ${choices.join(", ")}`);
  }
  return found;
}
