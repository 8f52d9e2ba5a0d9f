// `npm run docs`: updates the parts of documents that come from the code; a test fails if they are out of date.
import { join } from "node:path";
import { withDeployParts } from "./docs/deploy.ts";
import { withTables } from "./docs/tables.ts";

const readme = Bun.file(join(import.meta.dir, "../README.md"));
await readme.write(withTables(await readme.text()));
const deploy = Bun.file(join(import.meta.dir, "../docs/deploy.md"));
await deploy.write(withDeployParts(await deploy.text()));
