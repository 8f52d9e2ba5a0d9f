import { open } from "node:fs/promises";
import { type ImageArchitecture, ImageError } from "../../application/deploy/images.ts";
import { executableArchitecture } from "./elf.ts";

const HEADER_BYTES = 64;

/** A program's file and its header. @throws ImageError `bad-binary` */
export async function executableAt(
  path: string,
): Promise<{ readonly file: Blob; readonly architecture: ImageArchitecture }> {
  const file = await readable(path);
  return { file, architecture: executableArchitecture(await file.slice(0, HEADER_BYTES).bytes(), path) };
}

/** @throws ImageError `bad-binary` */
export async function architectureAt(path: string): Promise<ImageArchitecture> {
  return (await executableAt(path)).architecture;
}

/** Hexadecimal SHA-256 of a program's file. */
export async function sha256Of(file: Blob): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of file.stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

async function readable(path: string): Promise<Blob> {
  try {
    await using file = await open(path, "r");
    if (!(await file.stat()).isFile()) throw new ImageError("bad-binary", `${path} is not a file.`);
    return Bun.file(path);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ImageError) throw error;
    const code = "code" in error ? error.code : undefined;
    const reason = code === "ENOENT" ? "no such file" : error.message;
    throw new ImageError("bad-binary", `${path} can't be read: ${reason}.`, undefined, { cause: error });
  }
}
