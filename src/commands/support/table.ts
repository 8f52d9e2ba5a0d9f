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
    summary: "bring the database's schema up to date, or show what that would do",
    load: () => import("../migrate.ts"),
  },
  {
    name: "copy",
    summary: "move all data to another store, while the service runs, and compare the two",
    load: () => import("../copy.ts"),
  },
  {
    name: "backup",
    summary: "copy the database into a file, while the service runs or not",
    load: () => import("../backup.ts"),
  },
  {
    name: "restore",
    summary: "put a backup in the database's place",
    load: () => import("../restore.ts"),
  },
  {
    name: "deploy",
    summary: "put this program into a private AWS network, or bring what is there up to date",
    load: () => import("../deploy.ts"),
  },
  {
    name: "diff",
    summary: "show what a deploy would change, property by property",
    load: () => import("../diff.ts"),
  },
  {
    name: "verify",
    summary: "find what would stop a deploy, or what is wrong with a running one",
    load: () => import("../verify.ts"),
  },
  {
    name: "status",
    summary: "show a deployment: stacks, tasks, image, endpoints, monthly cost",
    load: () => import("../status.ts"),
  },
  {
    name: "logs",
    summary: "show what the tasks of a deployment log",
    load: () => import("../logs.ts"),
  },
  {
    name: "connect",
    summary: "open a port of this machine that leads to the private service",
    load: () => import("../connect.ts"),
  },
  {
    name: "rollback",
    summary: "return to the last image that was deployed well",
    load: () => import("../rollback.ts"),
  },
  {
    name: "destroy",
    summary: "delete an environment, and keep its checklists and tasks unless told otherwise",
    load: () => import("../destroy.ts"),
  },
  {
    name: "smoke",
    summary: "check a running service from outside, in rows of its own",
    load: () => import("../smoke.ts"),
  },
  {
    name: "healthcheck",
    summary: "tell by the exit code whether the service on this host is up",
    load: () => import("../healthcheck.ts"),
  },
  {
    name: "synth",
    summary: "write what deploy would use into a folder: the image and the templates",
    load: () => import("../synth.ts"),
  },
  {
    name: "verify-image",
    summary: "prove that an image in a registry is this program",
    load: () => import("../verify-image.ts"),
  },
  {
    name: "openapi",
    summary: "print the OpenAPI document",
    load: () => import("../openapi.ts"),
  },
  {
    name: "config",
    summary: "show the effective configuration and where each value came from",
    load: () => import("../config.ts"),
  },
  {
    name: "doctor",
    summary: "find what is wrong with this host's set-up",
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
