import type { Engine } from "./engine.ts";

/**
 * Service-linked roles. Services create them at first use, and for a while fail to assume them.
 * Sources: Amazon ECS Developer Guide, "Using service-linked roles for Amazon ECS"; Application Auto Scaling User
 * Guide, "Service-linked roles".
 */
const SERVICE_ROLES = [
  { service: "ecs.amazonaws.com", role: "AWSServiceRoleForECS" },
  {
    service: "ecs.application-autoscaling.amazonaws.com",
    role: "AWSServiceRoleForApplicationAutoScaling_ECSService",
  },
];
/** A new role is unknown elsewhere for a few seconds. */
const LOOKS_MAX = 12;
const PROPAGATION_MS = 10_000;

/** Services' messages that their role can't be used yet. */
export const ROLE_NOT_READY = /unable to assume the service.linked role/i;

/** In an account that has never used a service, creates the role that it needs, and waits for it. */
export async function ensureServiceRoles({ account, run }: Pick<Engine, "account" | "run">): Promise<void> {
  const made: string[] = [];
  for (const { service, role } of SERVICE_ROLES) {
    if ((await account.hasRole(role)) !== false) continue;
    const name = await account.makeServiceRole(service);
    if (name !== undefined && name !== "taken") made.push(name);
    if (name === undefined) {
      const text = `the role ${role} does not exist, and these credentials may not create it; AWS creates it at first use`;
      run.reporter.report({ event: "note", text });
    }
  }
  if (made.length === 0) return;
  run.reporter.report({ event: "note", text: `created ${made.join(" and ")}, new in this account` });
  for (const role of made) {
    for (let look = 0; look < LOOKS_MAX && !(await account.hasRole(role)); look++) await run.pause();
  }
  await run.pause(PROPAGATION_MS);
}
