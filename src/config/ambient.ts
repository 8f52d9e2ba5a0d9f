import { isAbsolute, join } from "node:path";
import type { Environment } from "./section.ts";

/** Variables that have no flag and are not settings of the service: most are shared with other programs. */
export interface Ambient {
  /** Whether the user wants colours on a terminal. Source: no-color.org. */
  readonly colors: boolean;
  /** The profile of AWS's configuration files. */
  readonly awsProfile: string | undefined;
  /** Address of AWS's services instead of their own, which the SDK reads too. */
  readonly awsEndpointUrl: string | undefined;
  /** Whether the variables contain AWS keys, which don't change while the process lives. */
  readonly hasAwsKeys: boolean;
  /** Whether the variables name an address that provides AWS keys. */
  readonly hasAwsKeyServer: boolean;
  /** Where this user keeps caches; undefined if that is unknown. Source: XDG Base Directory Specification. */
  readonly cacheFolder: string | undefined;
  readonly registryUser: string | undefined;
  readonly registryPassword: string | undefined;
}

/** For messages: variables, because everyone on the machine can read a command line. */
export const REGISTRY_USER = "TODOS_REGISTRY_USER";
export const REGISTRY_PASSWORD = "TODOS_REGISTRY_PASSWORD";

/** Source: AWS SDKs and Tools Reference Guide, "Container credential provider" and "IMDS credential provider". */
const KEY_SERVERS = [
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
];

export function readAmbient(environment: Environment): Ambient {
  return {
    colors: !environment.NO_COLOR && environment.TERM !== "dumb",
    awsProfile: environment.AWS_PROFILE,
    awsEndpointUrl: environment.AWS_ENDPOINT_URL || undefined,
    hasAwsKeys: environment.AWS_ACCESS_KEY_ID !== undefined,
    hasAwsKeyServer: KEY_SERVERS.some((variable) => environment[variable]),
    cacheFolder: cacheFolder(environment),
    registryUser: environment[REGISTRY_USER] || undefined,
    registryPassword: environment[REGISTRY_PASSWORD] || undefined,
  };
}

function cacheFolder({ XDG_CACHE_HOME, HOME }: Environment): string | undefined {
  const folder = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
  return folder && isAbsolute(folder) ? folder : undefined;
}
