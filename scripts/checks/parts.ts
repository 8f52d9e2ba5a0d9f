import { cassandraJars } from "../../test/support/cassandra/cluster.ts";
import { AWS_REQUIREMENTS, pythonLack, pythonTool } from "./python.ts";
import { PASSED, type Step } from "./step.ts";

/** What the checks fetch from elsewhere, before any of them needs it: a repository out of reach is named as such. */
export const fetchedParts: Step = {
  name: "parts to test with",
  required: true,
  needs() {
    if (!Bun.which("mvn")) return "no Maven (apt-get install maven), so no Cassandra";
    return pythonLack();
  },
  async run(context) {
    await cassandraJars();
    await pythonTool(context, "schemathesis");
    await pythonTool(context, "cfn-lint", AWS_REQUIREMENTS);
    return { ...PASSED, output: "" };
  },
};
