import { isMap, isNode, isScalar, isSeq, type Node, parseDocument } from "yaml";
import { validationError } from "../errors.ts";
import { type Fields, fieldsOf, isFields, textOf } from "../fields.ts";

export interface TemplateResource {
  readonly type: string;
  readonly properties: Fields;
  readonly condition: string | undefined;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  /** Whether the template says what happens on deletion. An import requires that. */
  readonly hasDeletionPolicy: boolean;
  readonly metadata: Fields;
}

export interface Template {
  readonly parameters: Readonly<Record<string, Fields>>;
  readonly mappings: Fields;
  readonly conditions: Fields;
  readonly resources: Readonly<Record<string, TemplateResource>>;
  readonly outputs: Readonly<Record<string, Fields>>;
  readonly description: string | undefined;
}

const SECTIONS = new Set([
  "AWSTemplateFormatVersion",
  "Conditions",
  "Description",
  "Mappings",
  "Metadata",
  "Outputs",
  "Parameters",
  "Resources",
  "Rules",
  "Transform",
]);

/** Functions whose long form has no `Fn::`. */
const WITHOUT_PREFIX = new Set(["Ref", "Condition"]);

/**
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 * @throws AwsError ValidationError
 */
export function parseTemplate(text: string): Template {
  const document = parseDocument(text, { uniqueKeys: true, logLevel: "silent" });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw validationError(`Template format error: YAML not well-formed. (${problem.message})`);
  const root: unknown = plain(document.contents);
  if (!isFields(root)) throw validationError("Template format error: unsupported structure.");
  const unknown = Object.keys(root).filter((name) => !SECTIONS.has(name));
  if (unknown.length > 0)
    throw validationError(`Invalid template property or properties [${unknown.join(", ")}]`);
  const resources = sectionOf(root, "Resources");
  if (Object.keys(resources).length === 0)
    throw validationError("Template format error: At least one Resources member must be defined.");
  return {
    parameters: sectionOf(root, "Parameters"),
    mappings: fieldsOf(root.Mappings),
    conditions: fieldsOf(root.Conditions),
    resources: Object.fromEntries(Object.entries(resources).map(([id, body]) => [id, resourceOf(id, body)])),
    outputs: sectionOf(root, "Outputs"),
    description: textOf(root, "Description"),
  };
}

function sectionOf(root: Fields, name: string): Readonly<Record<string, Fields>> {
  return Object.fromEntries(Object.entries(fieldsOf(root[name])).map(([id, body]) => [id, fieldsOf(body)]));
}

function resourceOf(logicalId: string, body: Fields): TemplateResource {
  const type = textOf(body, "Type");
  if (type === undefined)
    throw validationError(`Template format error: Resource ${logicalId} has no Type member`);
  const dependsOn = body.DependsOn;
  return {
    type,
    properties: fieldsOf(body.Properties),
    condition: textOf(body, "Condition"),
    dependsOn: Array.isArray(dependsOn)
      ? dependsOn.map(String)
      : dependsOn === undefined
        ? []
        : [String(dependsOn)],
    deletionPolicy: textOf(body, "DeletionPolicy") ?? "Delete",
    updateReplacePolicy: textOf(body, "UpdateReplacePolicy") ?? "Delete",
    hasDeletionPolicy: body.DeletionPolicy !== undefined,
    metadata: fieldsOf(body.Metadata),
  };
}

/** Returns the value of a node. One of CloudFormation's tags becomes the long form of its function. */
function plain(node: unknown): unknown {
  if (!isNode(node)) return node;
  const value = untagged(node);
  const name = node.tag?.startsWith("!") === true ? node.tag.slice(1) : undefined;
  if (name === undefined) return value;
  const longForm = WITHOUT_PREFIX.has(name) ? name : `Fn::${name}`;
  return { [longForm]: name === "GetAtt" && typeof value === "string" ? parted(value) : value };
}

function untagged(node: Node): unknown {
  if (isMap(node)) return Object.fromEntries(node.items.map((pair) => [String(pair.key), plain(pair.value)]));
  if (isSeq(node)) return node.items.map(plain);
  return isScalar(node) ? node.value : undefined;
}

/** Splits `!GetAtt Name.Attribute`. The attribute may contain dots. */
function parted(text: string): readonly [string, string] {
  const dot = text.indexOf(".");
  return [text.slice(0, dot), text.slice(dot + 1)];
}
