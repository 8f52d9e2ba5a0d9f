// `npm run docs`: brings the README's tables up to date with the code; a test fails where they are not.
import { join } from "node:path";
import { withTables } from "./docs/tables.ts";

const readme = Bun.file(join(import.meta.dir, "../README.md"));
await readme.write(withTables(await readme.text()));
