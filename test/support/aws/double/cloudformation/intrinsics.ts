import { validationError } from "../errors.ts";
import { canonical, type Fields, fieldsOf, isFields } from "../fields.ts";

/** AWS's own placeholder for a value that is known only once the change set is executed. */
export const KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}";
/** Removes the member that has this value. */
const NO_VALUE = Symbol("AWS::NoValue");

/** What a template's functions can look up. */
export interface Scope {
  /** The `Ref` of a parameter, pseudo parameter or resource. Undefined if none has that name. */
  readonly refOf: (name: string) => unknown;
  readonly attributeOf: (logicalId: string, attribute: string) => unknown;
  readonly conditions: Fields;
  readonly mappings: Fields;
  readonly zones: readonly string[];
  readonly importOf: (name: string) => unknown;
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

/** Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const FUNCTIONS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, scope) => (name === "AWS::NoValue" ? NO_VALUE : known(scope.refOf(String(name)), String(name))),
  Condition: (name, scope) => conditionOf(String(name), scope),
  "Fn::GetAtt": (argument, scope) => {
    const [logicalId, attribute] = Array.isArray(argument) ? argument : String(argument).split(/\.(.*)/s);
    return scope.attributeOf(String(logicalId), String(attribute));
  },
  "Fn::Sub": substituted,
  "Fn::If": (argument, scope) => {
    const [name, whenTrue, whenFalse] = listFrom(argument, "Fn::If");
    return inner(conditionOf(String(name), scope) ? whenTrue : whenFalse, scope);
  },
  "Fn::Equals": (argument, scope) => {
    const [left, right] = listFrom(evaluate(argument, scope), "Fn::Equals");
    return isFields(left) ? canonical(left) === canonical(right) : String(left) === String(right);
  },
  "Fn::Not": (argument, scope) => listFrom(evaluate(argument, scope), "Fn::Not")[0] !== true,
  "Fn::And": (argument, scope) => listFrom(evaluate(argument, scope), "Fn::And").every((one) => one === true),
  "Fn::Or": (argument, scope) => listFrom(evaluate(argument, scope), "Fn::Or").some((one) => one === true),
  "Fn::Join": (argument, scope) => {
    const [delimiter, parts] = listFrom(evaluate(argument, scope), "Fn::Join");
    return Array.isArray(parts) ? parts.map(String).join(String(delimiter)) : parts;
  },
  "Fn::Split": (argument, scope) => {
    const [delimiter, text] = listFrom(evaluate(argument, scope), "Fn::Split");
    return text === KNOWN_AFTER_APPLY ? text : String(text).split(String(delimiter));
  },
  "Fn::Select": (argument, scope) => {
    const [index, items] = listFrom(evaluate(argument, scope), "Fn::Select");
    if (items === KNOWN_AFTER_APPLY) return items;
    const found = listFrom(items, "Fn::Select")[Number(index)];
    if (found === undefined)
      throw templateError(`Fn::Select cannot select nonexistent value at index ${index}`);
    return found;
  },
  "Fn::FindInMap": (argument, scope) => {
    const [map, first, second] = listFrom(evaluate(argument, scope), "Fn::FindInMap");
    const found = fieldsOf(fieldsOf(scope.mappings[String(map)])[String(first)])[String(second)];
    if (found === undefined) throw templateError(`Unable to get mapping for ${map}::${first}::${second}`);
    return found;
  },
  "Fn::GetAZs": (_, scope) => [...scope.zones],
  "Fn::Cidr": (argument, scope) => {
    const [block, count, bits] = listFrom(evaluate(argument, scope), "Fn::Cidr");
    return block === KNOWN_AFTER_APPLY ? block : cidrs(String(block), Number(count), Number(bits));
  },
  "Fn::Base64": (argument, scope) => Buffer.from(String(evaluate(argument, scope))).toString("base64"),
  "Fn::ImportValue": (argument, scope) => scope.importOf(String(evaluate(argument, scope))),
  "Fn::ToJsonString": (argument, scope) => JSON.stringify(evaluate(argument, scope)),
  "Fn::Length": (argument, scope) => listFrom(evaluate(argument, scope), "Fn::Length").length,
};

/** @throws AwsError ValidationError if a reference names nothing, or arguments have the wrong form */
export function evaluate(value: unknown, scope: Scope): unknown {
  const evaluated = inner(value, scope);
  return evaluated === NO_VALUE ? undefined : evaluated;
}

function inner(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((one) => inner(one, scope)).filter((one) => one !== NO_VALUE);
  if (!isFields(value)) return value;
  const [[name, argument] = ["", undefined], ...others] = Object.entries(value);
  const intrinsic = others.length === 0 && Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  // In a policy, `Condition` holds an object. In a template, it holds the name of a condition.
  if (intrinsic !== undefined && (name !== "Condition" || typeof argument === "string"))
    return intrinsic(argument, scope);
  const members = Object.entries(value).map(([member, one]) => [member, inner(one, scope)] as const);
  return Object.fromEntries(members.filter(([, one]) => one !== NO_VALUE));
}

/** Evaluates all conditions of a template, by name. */
export function evaluateConditions(conditions: Fields, scope: Scope): Fields {
  const known: Record<string, unknown> = {};
  // A condition may name one that comes later.
  const names = Object.keys(conditions);
  const within: Scope = {
    ...scope,
    conditions: new Proxy(known, { get: (_, name) => decide(String(name)) }) as Fields,
  };
  const decide = (name: string): unknown => {
    if (!(name in known)) known[name] = names.includes(name) ? evaluate(conditions[name], within) : undefined;
    return known[name];
  };
  for (const name of names) decide(name);
  return known;
}

/** Returns the logical ids and parameters that a value names. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, argument]) => {
    if (name === "Ref") return [String(argument)];
    if (name === "Fn::GetAtt")
      return [String(Array.isArray(argument) ? argument[0] : argument).split(".")[0] ?? ""];
    if (name !== "Fn::Sub") return referencesIn(argument);
    const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
    const named = placeholders(String(text)).map((one) => one.split(".")[0] ?? "");
    return [...named.filter((one) => !Object.hasOwn(fieldsOf(own), one)), ...referencesIn(own)];
  });
}

function substituted(argument: unknown, scope: Scope): unknown {
  const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
  const values = fieldsOf(evaluate(own, scope));
  let isKnown = true;
  const result = String(text).replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : named(name.trim(), scope);
    if (value === KNOWN_AFTER_APPLY) isKnown = false;
    return String(value);
  });
  return isKnown ? result.replace(/\$\{!/g, "${") : KNOWN_AFTER_APPLY;
}

function named(name: string, scope: Scope): unknown {
  const [logicalId = "", attribute] = name.split(/\.(.*)/s);
  return attribute === undefined ? known(scope.refOf(name), name) : scope.attributeOf(logicalId, attribute);
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = ""]) => name.trim());
}

function known(value: unknown, name: string): unknown {
  if (value === undefined)
    throw validationError(
      `Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`,
    );
  return value;
}

function conditionOf(name: string, scope: Scope): boolean {
  const decided = scope.conditions[name];
  if (decided === undefined) throw templateError(`unresolved condition dependency ${name}`);
  return decided === true;
}

function listFrom(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw templateError(`every ${name} object requires a list argument`);
  return value;
}

function templateError(message: string): Error {
  return validationError(`Template error: ${message}`);
}

/** Returns IPv4 blocks with `hostBits` bits for hosts, from the start of `block`. */
function cidrs(block: string, count: number, hostBits: number): string[] {
  const [address = ""] = block.split("/");
  const first = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * 2 ** hostBits;
    const parts = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
    return `${parts.join(".")}/${32 - hostBits}`;
  });
}
