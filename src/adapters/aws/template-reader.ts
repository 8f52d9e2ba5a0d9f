import { type CollectionTag, parseDocument, type ScalarTag } from "yaml";
import type { Template, TemplateResource } from "../../domain/deployment/template.ts";

const FUNCTIONS = [
  "Sub",
  "GetAtt",
  "If",
  "Equals",
  "Not",
  "And",
  "Or",
  "Join",
  "Select",
  "Split",
  "GetAZs",
  "Cidr",
  "FindInMap",
  "Base64",
  "ImportValue",
];

/** Short forms of CloudFormation's functions, read as their long ones. */
const TAGS: (ScalarTag | CollectionTag)[] = ["Ref", "Condition", ...FUNCTIONS].flatMap((name) => {
  const long = name === "Ref" || name === "Condition" ? name : `Fn::${name}`;
  const scalar: ScalarTag = {
    tag: `!${name}`,
    resolve: (text) => ({ [long]: name === "GetAtt" ? splitAttribute(text) : text }),
  };
  const collection = (kind: "seq" | "map"): CollectionTag => ({
    tag: `!${name}`,
    collection: kind,
    resolve: (node) => ({ [long]: node.toJSON() }) as never,
  });
  return [scalar, collection("seq"), collection("map")];
});

/** `Service.Name` is the attribute Name of the resource Service. */
function splitAttribute(text: string): string[] {
  const dot = text.indexOf(".");
  return [text.slice(0, dot), text.slice(dot + 1)];
}

/** Reads a template. @throws Error if it is not YAML */
export function readTemplate(text: string): Template {
  const document = parseDocument(text, { customTags: TAGS, version: "1.1" });
  if (document.errors.length > 0) throw document.errors[0];
  const root = document.toJS() as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const parameters = Object.entries(root.Parameters ?? {}).map(([name, value]) => {
    const fallback = (value as { readonly Default?: unknown }).Default;
    return [name, { fallback: fallback === undefined ? undefined : String(fallback) }] as const;
  });
  return {
    text,
    document: root,
    parameters: new Map(parameters),
    conditions: root.Conditions ?? {},
    resources: Object.entries(root.Resources ?? {}).map(resource),
  };
}

function resource([logicalId, value]: readonly [string, unknown]): TemplateResource {
  const {
    Type,
    Condition,
    Properties = {},
  } = value as {
    readonly Type: string;
    readonly Condition?: string;
    readonly Properties?: Readonly<Record<string, unknown>>;
  };
  return {
    logicalId,
    type: Type,
    ...(Condition !== undefined && { condition: Condition }),
    properties: Properties,
  };
}
