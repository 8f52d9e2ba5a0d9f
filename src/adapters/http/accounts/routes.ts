import type { Route } from "../kernel/route.ts";
import { invitationRoutes } from "./invitations.ts";
import { meRoutes } from "./me.ts";
import { memberRoutes } from "./members.ts";
import { passkeyRoutes } from "./passkeys.ts";
import { passwordLinkRoutes } from "./password-links.ts";
import { providerRoutes } from "./provider.ts";
import { sessionRoutes } from "./sessions.ts";
import { setUpRoutes } from "./set-up.ts";
import { shareLinkRoutes } from "./share-links.ts";
import { tokenRoutes } from "./tokens.ts";
import { totpRoutes } from "./totp.ts";
import { userRoutes } from "./users.ts";

/** What there is only with accounts. Load this module only then. */
export const accountRoutes: readonly Route[] = [
  ...setUpRoutes,
  ...sessionRoutes,
  ...meRoutes,
  ...tokenRoutes,
  ...passwordLinkRoutes,
  ...passkeyRoutes,
  ...totpRoutes,
  ...providerRoutes,
  ...userRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...shareLinkRoutes,
];
