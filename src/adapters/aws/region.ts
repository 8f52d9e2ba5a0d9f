import { STSClient } from "@aws-sdk/client-sts";
import { awsError } from "./errors.ts";

/** The region to work in: the given one, else the profile's. @throws DeployError `region` if there is neither */
export async function regionOf(given: string | undefined, profile: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  // The SDK reads the files of AWS's configuration as every tool does.
  const client = new STSClient(profile === undefined ? {} : { profile });
  try {
    return await client.config.region();
  } catch (error) {
    throw awsError(error, "GetCallerIdentity");
  }
}
