import { ImageError } from "../application/deploy/images.ts";
import { imageCommand } from "./deployment/image-command.ts";
import {
  ARCH_OPTION,
  BINARY_OPTION,
  CREDENTIALS_HELP,
  programPath,
  registryCredentials,
} from "./deployment/image-options.ts";
import { imageEvents } from "./deployment/image-progress.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED, jsonOption } from "./support/command.ts";

export const command: Command = {
  name: "verify-image",
  summary: "verify that an image in a registry is this program",
  details:
    "Reads the image, checks every byte against its digest, and compares the SHA-256 of the program in it with that of this program, or of --binary. Also reports whether anything else in the image could run first: its entry point, its PATH, the dynamic loader.\n" +
    CREDENTIALS_HELP,
  arguments: [
    { name: "REF", description: "REGISTRY/REPOSITORY@sha256:… or REGISTRY/REPOSITORY:TAG", required: true },
  ],
  options: [BINARY_OPTION, ARCH_OPTION, jsonOption("progress and the result")],
  settings: [],
  examples: [
    {
      line: "todos verify-image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/todos@sha256:…",
      does: "is that image this program?",
    },
    {
      line: "todos verify-image localhost:5000/todos:1 --binary dist/linux-arm64/todos",
      does: "compare with another program",
    },
  ],
  run: (context) => imageCommand(context, (images, signal) => verify(context, images, signal)),
};

async function verify(
  context: Context,
  images: Parameters<Parameters<typeof imageCommand>[1]>[0],
  signal: AbortSignal,
): Promise<number> {
  const { args, has, stdout, value } = context;
  const { imageReference } = await import("../adapters/oci/reference.ts");
  const { executableAt, sha256Of } = await import("../adapters/oci/executable.ts");
  const { repository, digest, tag } = imageReference(args[0] ?? "");
  const path = programPath(context);
  const { file, architecture } = await executableAt(path);
  const asked = value("arch");
  if (asked !== undefined && asked !== architecture) {
    throw new ImageError("bad-binary", `${path} is for ${architecture}, and --arch says ${asked}.`);
  }
  const credentials = registryCredentials(context);
  using progress = imageEvents(context);
  const proof = await images.verify({
    repository: { ...repository, ...(credentials && { credentials }) },
    reference: digest ?? tag ?? "latest",
    program: { sha256: await sha256Of(file), architecture },
    signal,
    onProgress: (event) => progress.show(event),
  });
  progress.clear();
  const same = proof.differences.length === 0;
  const name = `${new URL(repository.origin).host}/${repository.name}@${proof.digest}`;
  const line = same
    ? `${name} is this program: SHA-256 ${proof.sha256}`
    : [`${name} is not this program:`, ...proof.differences.map((each) => `  ${each}`)].join("\n");
  stdout.write(`${has("json") ? JSON.stringify({ event: "verified", same, ...proof }) : line}\n`);
  return same ? EXIT_DONE : EXIT_FAILED;
}
