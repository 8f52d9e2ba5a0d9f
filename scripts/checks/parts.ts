import { archiveCassandraClasses } from "../../test/support/cassandra/cluster.ts";
import { awsPluginJars } from "../../test/support/keyspaces/oracle/oracle.ts";
import { AWS_REQUIREMENTS, pythonLack, pythonTool } from "./python.ts";
import { PASSED, type Step } from "./step.ts";

/** Downloads and prepares what the checks need before any of them does, so that an unreachable repository is reported as such. */
export const fetchedParts: Step = {
  name: "parts to test with",
  required: true,
  lane: "clusters",
  needs() {
    if (!Bun.which("mvn")) return "no Maven (apt-get install maven), so no Cassandra";
    return pythonLack();
  },
  async run(context) {
    const python = async () => {
      await pythonTool(context, "schemathesis");
      await pythonTool(context, "cfn-lint", AWS_REQUIREMENTS);
    };
    await Promise.all([archiveCassandraClasses(), awsPluginJars(), python()]);
    return { ...PASSED, output: "" };
  },
};
