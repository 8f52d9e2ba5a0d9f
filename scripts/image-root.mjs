// image-root.mjs BINARY FOLDER: the files of an image that contains only the binary, the libraries it
// loads, certificate authorities and a user. Plain Node: it runs while the image is built.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";

const [binary = "", folder = ""] = process.argv.slice(2);
if (!binary || !folder) throw new Error("usage: node image-root.mjs BINARY FOLDER");

const USER_ID = 65532;
const EXECUTABLE = 0o755;

/** @param {string} path absolute path in the image @param {string} text */
function write(path, text) {
  const to = join(folder, path);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
}

/** @param {string} from @param {string} path absolute path in the image */
function copy(from, path) {
  const to = join(folder, path);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, EXECUTABLE);
}

copy(binary, "/usr/local/bin/todos");
// Lines as "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)" and "/lib64/ld-linux-x86-64.so.2 (0x…)".
const libraries = execFileSync("ldd", [binary], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
for (const [, path = ""] of libraries) copy(path, path);
// libc loads the libraries that resolve names only when it needs them.
write("/etc/nsswitch.conf", "hosts: files dns\n");
write("/etc/passwd", `todos:x:${USER_ID}:${USER_ID}:todos:/data:/nonexistent\n`);
write("/etc/group", `todos:x:${USER_ID}:\n`);
write("/etc/ssl/certs/ca-certificates.crt", `${rootCertificates.join("\n")}\n`);
mkdirSync(join(folder, "data"), { recursive: true });
