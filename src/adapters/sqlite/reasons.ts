const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the disk is mounted read-only",
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EEXIST: "a file is in its place",
  ENOENT: "no such folder",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  ELOOP: "it is a symbolic link",
  ETXTBSY: "it is a program that is running",
  EBUSY: "it is in use by the system",
};

/** The obstacle, in words. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) return WORDS[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}

/** The system's name for it, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
