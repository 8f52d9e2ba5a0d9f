import { join } from "node:path";
import { imageCommand } from "./deployment/image-command.ts";
import { buildRequest, IMAGE_OPTIONS } from "./deployment/image-options.ts";
import { imageEvents } from "./deployment/image-progress.ts";
import type { Command } from "./support/command.ts";
import { CommandError, EXIT_DONE, jsonOption, UsageError } from "./support/command.ts";

/** Folders inside the output. */
const IMAGE_FOLDER = "image";
const TEMPLATES_FOLDER = "templates";

export const command: Command = {
  name: "synth",
  summary: "write the image and the templates of a deploy to a folder",
  details:
    "The image is an OCI image layout, as skopeo, podman and other tools read it. It is built from this program, without Docker; the same program gives the same digest.\n" +
    "It holds the program, the C library and certificate authorities, but no shell. It runs as user 65532 on a read-only root, with its data in /data.\n" +
    "The templates are for CloudFormation, one per stack. docs/deploy.md has the commands to use both by hand.",
  arguments: [],
  options: [
    {
      name: "output",
      placeholder: "FOLDER",
      description: "folder to write to; empty, or of an earlier synth",
    },
    ...IMAGE_OPTIONS,
    jsonOption("progress and the result"),
  ],
  settings: [],
  examples: [
    { line: "todos synth --output out", does: "write out/image and out/templates" },
    {
      line: "skopeo copy oci:out/image docker://registry.example/todos:1",
      does: "push the image with another tool",
    },
    { line: "todos synth --output out --binary dist/linux-arm64/todos", does: "build the image for arm64" },
  ],
  run: (context) =>
    imageCommand(context, async (images, signal) => {
      const { has, stdout, value } = context;
      const output = value("output");
      if (output === undefined) throw new UsageError("--output is missing: it names the folder to write to");
      using progress = imageEvents(context);
      const request = await buildRequest(context);
      const folder = join(output, IMAGE_FOLDER);
      // Before the image is built, which takes a minute.
      await images.prepareLayout(folder);
      await writeTemplates(join(output, TEMPLATES_FOLDER));
      const image = await images.build({ ...request, signal, onProgress: (event) => progress.show(event) });
      await images.writeLayout(image, folder, signal);
      progress.clear();
      const { digest, architecture, compressedBytes, program } = image;
      const result = { event: "image", folder, digest, architecture, compressedBytes, program };
      const megabytes = (compressedBytes / 1e6).toFixed(1);
      const line = `${folder}: image for ${architecture}, ${megabytes} MB compressed\n${digest}`;
      stdout.write(`${has("json") ? JSON.stringify(result) : line}\n`);
      return EXIT_DONE;
    }),
};

/** @throws CommandError */
async function writeTemplates(folder: string): Promise<void> {
  const { TEMPLATES } = await import("../adapters/aws/templates.ts");
  const { diskReason } = await import("../adapters/oci/layout.ts");
  try {
    for (const [stack, text] of Object.entries(TEMPLATES))
      await Bun.write(join(folder, `${stack}.yaml`), text);
  } catch (cause) {
    throw new CommandError(
      `the templates can't be written to ${folder}: ${diskReason(cause)}`,
      "name another folder with --output",
      { cause, code: "disk" },
    );
  }
}
