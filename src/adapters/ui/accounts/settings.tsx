import type { ComponentType } from "preact";
import { t } from "../text/text.ts";
import { hashOf } from "../view/routes.ts";
import type { Workspace } from "../workspace/types.ts";
import { Invitations } from "./invitations.tsx";
import { Profile } from "./profile.tsx";
import { useResource } from "./resources.ts";
import { Problem } from "./rows.tsx";
import { Security } from "./security.tsx";
import { Sessions } from "./sessions.tsx";
import type { PartOf } from "./settings-part.ts";
import { Tokens } from "./tokens.tsx";
import { Users } from "./users.tsx";

/** By the relation that leads to it: what has no link is not there. */
const PARTS = [
  { name: "account", relation: "self", shows: Profile },
  { name: "security", relation: "self", shows: Security },
  { name: "invitations", relation: "invitations", shows: Invitations },
  { name: "sessions", relation: "sessions", shows: Sessions },
  { name: "tokens", relation: "tokens", shows: Tokens },
  { name: "users", relation: "users", shows: Users },
] as const satisfies readonly {
  readonly name: string;
  readonly relation: string;
  readonly shows: ComponentType<PartOf>;
}[];

/** What a person can do with the account. @param part of the address: `security` of `#/settings/security` */
export function AccountSettings({ work, part }: { readonly work: Workspace; readonly part: string }) {
  const { resource: me, problem, again } = useResource(work.api, work.root.value?._links.me);
  if (work.root.value?._links.me === undefined) return null;
  if (me === undefined) return <Problem of={problem} />;
  const parts = PARTS.filter(({ relation }) => me._links[relation] !== undefined);
  const chosen = parts.find(({ name }) => name === part);
  return (
    <>
      <nav class="parts" aria-label={t("accounts.parts")}>
        <ul>
          <li>
            <a href={hashOf({ screen: "settings" })} aria-current={part === "" ? "page" : undefined}>
              {t("accounts.part.page")}
            </a>
          </li>
          {parts.map(({ name }) => (
            <li key={name}>
              <a
                href={hashOf({ screen: "settings", of: name })}
                aria-current={name === chosen?.name ? "page" : undefined}
              >
                {t(`accounts.part.${name}`)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {chosen && <chosen.shows key={chosen.name} work={work} me={me} again={again} />}
    </>
  );
}
