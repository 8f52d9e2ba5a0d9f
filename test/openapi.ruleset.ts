import type { RulesetDefinition } from "@stoplight/spectral-core";
import owasp from "@stoplight/spectral-owasp-ruleset";
import { oas } from "@stoplight/spectral-rulesets";

/** Schemas of answers whose members Spring Boot Actuator decides on: its clients expect open objects. */
const NOT_OURS = "/^(Health|Actuator)$/";
const OUR_SCHEMAS = `$.components.schemas[?(!@property.match(${NOT_OURS}))]`;
const OBJECTS = "..[?(@ && @.type === 'object')]";

/** What the document is held to: all of Spectral's and all of OWASP's rules, each exception with its reason. */
export const ruleset: RulesetDefinition = {
  extends: [
    [oas as RulesetDefinition, "all"],
    [owasp as RulesetDefinition, "all"],
  ],
  rules: {
    // The service knows no callers yet: it stands on loopback or in a private network. These three go when
    // callers and owners come.
    "owasp:api2:2023-read-restricted": "off",
    "owasp:api2:2023-write-restricted": "off",
    "owasp:api8:2023-define-error-responses-401": "off",
    // Nothing is counted per caller, so there is no rate to tell; overload is 503 with Retry-After.
    "owasp:api4:2023-rate-limit": "off",
    // Whether the one server is internal is up to its operator; the document can't know.
    "owasp:api9:2023-inventory-access": "off",
    // The project has a name, and no address of its own to write to.
    "contact-properties": "off",
    // OWASP's rule, but for what is never refused: a header that means nothing is passed over, whatever its length,
    // and the parser bounds all headers together.
    "owasp:api4:2023-string-limit": {
      description: "Texts must have a limit.",
      severity: "error",
      given: "$..[?(@ && @.type === 'string')]",
      // biome-ignore lint/suspicious/noThenProperty: that is how a rule of Spectral's says what it applies
      then: { function: limited },
    },
    // OWASP's rule without the two schemas above; everything that a client may send is closed.
    "owasp:api3:2023-no-additionalProperties": {
      description: "Objects outside of the actuator's answers must not be open.",
      severity: "error",
      resolved: false,
      given: [OUR_SCHEMAS, `${OUR_SCHEMAS}${OBJECTS}`, `$.paths${OBJECTS}`],
      // biome-ignore lint/suspicious/noThenProperty: that is how a rule of Spectral's says what it applies
      then: { field: "additionalProperties", function: closed },
    },
  },
};

const ANYTHING = "^[\\s\\S]*$";

function limited(schema: unknown): { readonly message: string }[] | undefined {
  if (typeof schema !== "object" || schema === null) return undefined;
  if ("maxLength" in schema || "enum" in schema || "const" in schema) return undefined;
  return "pattern" in schema && schema.pattern === ANYTHING
    ? undefined
    : [{ message: "The text has no limit." }];
}

function closed(additionalProperties: unknown): { readonly message: string }[] | undefined {
  return additionalProperties ? [{ message: "The object is open." }] : undefined;
}
