import { type ImageArchitecture, ImageError } from "../../application/deploy/images.ts";

/** Source: System V ABI, "ELF header"; Linux, include/uapi/linux/elf-em.h. */
const ELF_MAGIC = "7f454c46";
const HEADER_BYTES = 20;
const CLASS_AT = 4;
const CLASS_64 = 2;
const ORDER_AT = 5;
const LITTLE_ENDIAN = 1;
const SYSTEM_AT = 7;
/** System V, which Linux files usually name, and Linux. */
const SYSTEMS = [0, 3];
const MACHINE_AT = 18;
const MACHINES: Readonly<Record<number, ImageArchitecture>> = { 62: "amd64", 183: "arm64" };
/** The first bytes of other systems' executables. */
const MACH_O = ["cffaedfe", "cafebabe", "feedfacf"];
const WINDOWS = "4d5a";

const HOW_TO_GET_ONE =
  "Name a Linux build of todos with --binary, such as the output of `npm run build:all`: dist/linux-x64/todos or dist/linux-arm64/todos.";

/**
 * The processor that a Linux executable is for.
 * @param start its first bytes
 * @param path for the message
 * @throws ImageError `bad-binary`
 */
export function executableArchitecture(start: Uint8Array, path: string): ImageArchitecture {
  const header = Buffer.from(start.subarray(0, HEADER_BYTES));
  const magic = header.toString("hex", 0, 4);
  if (MACH_O.includes(magic)) throw bad(`${path} is a program for macOS, but a container runs Linux.`);
  if (magic.startsWith(WINDOWS)) throw bad(`${path} is a program for Windows, but a container runs Linux.`);
  if (magic !== ELF_MAGIC || header.length < HEADER_BYTES) throw bad(`${path} is not a Linux executable.`);
  if (header[CLASS_AT] !== CLASS_64 || header[ORDER_AT] !== LITTLE_ENDIAN) {
    throw bad(`${path} is a Linux executable, but for neither amd64 nor arm64.`);
  }
  if (!SYSTEMS.includes(header[SYSTEM_AT] ?? -1)) throw bad(`${path} is an executable, but not for Linux.`);
  const architecture = MACHINES[header.readUInt16LE(MACHINE_AT)];
  if (!architecture) throw bad(`${path} is a Linux executable, but for neither amd64 nor arm64.`);
  return architecture;
}

/** The executable is for a different processor than the image. */
export function otherProcessor(
  path: string,
  found: ImageArchitecture,
  wanted: ImageArchitecture,
): ImageError {
  return bad(`${path} is a Linux executable for ${found}, but the image is for ${wanted}.`);
}

function bad(message: string): ImageError {
  return new ImageError("bad-binary", message, HOW_TO_GET_ONE);
}
