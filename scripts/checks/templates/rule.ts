import type { Members, Resource, Template } from "./parse.ts";

/** What a template has to keep to. A name says what is wanted. */
export interface Rule {
  readonly name: string;
  /** One sentence for each place where it is not kept; begins with the resource. */
  readonly check: (template: Template) => readonly string[];
}

/** A rule about each resource of some types. */
export function about(
  name: string,
  types: RegExp,
  wanted: (properties: Members, resource: Resource) => readonly (string | false)[],
): Rule {
  const check = ({ resources }: Template): readonly string[] =>
    resources
      .filter(({ type }) => types.test(type))
      .flatMap((resource) =>
        wanted(resource.properties, resource).flatMap((fault) =>
          fault === false ? [] : `${resource.id}: ${fault}`,
        ),
      );
  return { name, check };
}
