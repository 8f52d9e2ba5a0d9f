import type { CommandEntry } from "./command.ts";

/** Every command, in the order in which the overview shows them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "run the service (the default)",
    load: () => import("../serve.ts"),
  },
  {
    name: "migrate",
    summary: "update the database's schema, or show pending migrations",
    load: () => import("../migrate.ts"),
  },
  {
    name: "copy",
    summary: "copy all data to another store",
    load: () => import("../copy.ts"),
  },
  {
    name: "backup",
    summary: "copy the database to a file, even while the service runs",
    load: () => import("../backup.ts"),
  },
  {
    name: "restore",
    summary: "replace the database with a backup",
    load: () => import("../restore.ts"),
  },
  {
    name: "user",
    summary: "list, add and change users, even while the service runs",
    load: () => import("../user.ts"),
  },
  {
    name: "token",
    summary: "create, list and revoke API tokens, even while the service runs",
    load: () => import("../token.ts"),
  },
  {
    name: "deploy",
    summary: "deploy this program to a private AWS network, or update a deployment",
    load: () => import("../deploy.ts"),
  },
  {
    name: "diff",
    summary: "show what a deploy would change, property by property",
    load: () => import("../diff.ts"),
  },
  {
    name: "verify",
    summary: "find problems before a deploy, or in a running one",
    load: () => import("../verify.ts"),
  },
  {
    name: "status",
    summary: "show a deployment: stacks, tasks, image, endpoints, monthly cost",
    load: () => import("../status.ts"),
  },
  {
    name: "logs",
    summary: "show the logs of a deployment's tasks",
    load: () => import("../logs.ts"),
  },
  {
    name: "connect",
    summary: "open a local port to the private service",
    load: () => import("../connect.ts"),
  },
  {
    name: "rollback",
    summary: "return to the last image that was deployed successfully",
    load: () => import("../rollback.ts"),
  },
  {
    name: "destroy",
    summary: "delete an environment, keeping its checklists and tasks by default",
    load: () => import("../destroy.ts"),
  },
  {
    name: "smoke",
    summary: "run acceptance checks against a running service, using their own data",
    load: () => import("../smoke.ts"),
  },
  {
    name: "healthcheck",
    summary: "report by exit code whether the service on this host is up",
    load: () => import("../healthcheck.ts"),
  },
  {
    name: "synth",
    summary: "write the image and the templates of a deploy to a folder",
    load: () => import("../synth.ts"),
  },
  {
    name: "verify-image",
    summary: "verify that an image in a registry is this program",
    load: () => import("../verify-image.ts"),
  },
  {
    name: "openapi",
    summary: "print the OpenAPI document",
    load: () => import("../openapi.ts"),
  },
  {
    name: "config",
    summary: "show the effective configuration and the origin of each value",
    load: () => import("../config.ts"),
  },
  {
    name: "doctor",
    summary: "find problems with this host's setup",
    load: () => import("../doctor.ts"),
  },
  {
    name: "completion",
    summary: "print a completion script for bash, zsh or fish",
    load: () => import("../completion.ts"),
  },
  {
    name: "version",
    summary: "print version, commit, Bun and SQLite",
    load: () => import("../version.ts"),
  },
];
