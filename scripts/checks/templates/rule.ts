import type { Members, Resource, Template } from "./parse.ts";

/** A rule for templates. Its name says what is required. */
export interface Rule {
  readonly name: string;
  /** One sentence per violation; starts with the resource. */
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
