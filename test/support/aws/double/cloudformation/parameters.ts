import { validationError } from "../errors.ts";
import { type Fields, isTrue, listOf, numberOf, recordsOf, textOf } from "../fields.ts";
import type { Template } from "./template.ts";

/**
 * Returns the template's parameters with the values of a request. Source:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
 * @param previous the stack's values, for `UsePreviousValue`
 * @throws AwsError ValidationError
 */
export function parametersOf(
  template: Template,
  input: Fields,
  previous: ReadonlyMap<string, string>,
): Map<string, string> {
  const given = new Map(
    recordsOf(input, "Parameters").map((one) => [textOf(one, "ParameterKey") ?? "", one]),
  );
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(template.parameters, name));
  if (unknown.length > 0)
    throw validationError(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, declared] of Object.entries(template.parameters)) {
    const value = chosen(given.get(name), textOf(declared, "Default"), previous.get(name));
    if (value === undefined) missing.push(name);
    else values.set(name, checked(name, value, declared));
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(", ")}] must have values`);
  return values;
}

function chosen(given: Fields | undefined, byDefault: string | undefined, previous: string | undefined) {
  if (given === undefined) return byDefault;
  return isTrue(given, "UsePreviousValue") ? previous : (textOf(given, "ParameterValue") ?? byDefault);
}

function checked(name: string, value: string, declared: Fields): string {
  const allowed = listOf(declared, "AllowedValues").map(String);
  if (allowed.length > 0 && !allowed.includes(value))
    throw validationError(`Parameter '${name}' must be one of AllowedValues`);
  const pattern = textOf(declared, "AllowedPattern");
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value))
    throw validationError(
      `Parameter ${name} failed to satisfy constraint: ${constraintOf(declared, pattern)}`,
    );
  if (textOf(declared, "Type") === "Number") checkNumber(name, value, declared);
  return value;
}

function checkNumber(name: string, value: string, declared: Fields): void {
  const number = Number(value);
  if (value.trim() === "" || Number.isNaN(number))
    throw validationError(
      `Parameter validation failed: parameter value ${value} for parameter name ${name} is not a number`,
    );
  if (number < (numberOf(declared, "MinValue") ?? number))
    throw validationError(
      `Parameter '${name}' must be a number not less than ${textOf(declared, "MinValue")}`,
    );
  if (number > (numberOf(declared, "MaxValue") ?? number))
    throw validationError(
      `Parameter '${name}' must be a number not greater than ${textOf(declared, "MaxValue")}`,
    );
}

function constraintOf(declared: Fields, pattern: string): string {
  return (
    textOf(declared, "ConstraintDescription") ?? `Member must satisfy regular expression pattern: ${pattern}`
  );
}

/** Returns what `Ref` gives: a list of strings for the list types. */
export function parameterValue(template: Template, name: string, value: string): unknown {
  const type = textOf(template.parameters[name] ?? {}, "Type") ?? "String";
  const isList = type === "CommaDelimitedList" || type.startsWith("List<");
  return isList ? value.split(",").map((part) => part.trim()) : value;
}
