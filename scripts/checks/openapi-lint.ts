import { ran } from "./command.ts";
import { FAILED, type Outcome, PASSED, type Step } from "./step.ts";

/** As it is published: the document contains the address at which it was requested. */
const PUBLISHED = ["--public-url", "https://todos.example.org"];
/** The two documents: with the whole actuator, and with its health only. */
const VARIANTS = [
  PUBLISHED,
  [...PUBLISHED, "--actuator-writes"],
  [...PUBLISHED, "--management-port", "8182"],
];

/** The OpenAPI document is valid and follows Spectral's and OWASP's rules, except for the ruleset's exceptions. */
export const openApiLint: Step = {
  name: "openapi lint",
  required: true,
  async run(context): Promise<Outcome> {
    const findings: string[] = [];
    const notes: string[] = [];
    for (const words of VARIANTS) {
      const { exitCode, output } = await ran(context, ["dist/todos", "openapi", ...words]);
      if (exitCode !== 0) return { ...FAILED, output };
      const document = JSON.parse(output);
      findings.push(...(await lint(document)));
      notes.push(`${Object.keys(document.paths).length} paths linted`);
    }
    return { ...(findings.length === 0 ? PASSED : FAILED), output: findings.join("\n"), notes };
  },
};

/** One line per finding: the rule, the place, what is wrong. Hints count as much as errors. */
export async function lint(document: unknown): Promise<string[]> {
  // Loaded here, because the linter takes a second and other steps need not wait for it.
  const [{ Spectral }, { ruleset }] = await Promise.all([
    import("@stoplight/spectral-core"),
    import("../../test/openapi.ruleset.ts"),
  ]);
  const spectral = new Spectral();
  spectral.setRuleset(ruleset);
  const found = await spectral.run(JSON.stringify(document));
  return found.map(({ code, path, message }) => `${code} at ${path.join(".")}: ${message}`);
}
