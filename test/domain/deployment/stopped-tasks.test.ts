import { expect, test } from "bun:test";
import { causeOf, type StoppedTask } from "../../../src/domain/deployment/stopped-tasks.ts";

/** As ECS writes them. Source: Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages". */
const STOPPED: readonly (readonly [StoppedTask, RegExp])[] = [
  [
    {
      stoppedReason:
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to do request: dial tcp: i/o timeout",
    },
    /registry is unreachable/,
  ],
  [
    {
      stoppedReason:
        "CannotPullContainerError: ref pull has been retried 1 time(s): todos@sha256:00: not found",
    },
    /registry does not have it/,
  ],
  [{ containerReason: "CannotPullContainerError: pull access denied" }, /may not read the repository/],
  [
    {
      stoppedReason:
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
    },
    /another architecture/,
  ],
  [{ containerReason: "CannotPullContainerError: something new" }, /could not be pulled$/],
  [
    {
      stoppedReason:
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed",
    },
    /log in to the registry/,
  ],
  [
    {
      stoppedReason:
        "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group",
    },
    /could not start its log/,
  ],
  [
    { containerReason: "OutOfMemoryError: Container killed due to memory usage", exitCode: 137 },
    /more memory than it has/,
  ],
  [{ stoppedReason: "Task failed container health checks" }, /did not become healthy/],
  [{ stoppedReason: "Essential container in task exited", exitCode: 137 }, /was killed \(137\)/],
  [{ stoppedReason: "Essential container in task exited", exitCode: 3 }, /exit code 3/],
  [
    {
      stoppedReason:
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
    },
    /no capacity/,
  ],
  [
    { containerReason: "CannotStartContainerError: permission denied", exitCode: 126 },
    /ended with exit code 126/,
  ],
  [
    { stoppedReason: "Timeout waiting for network interface provisioning to complete." },
    /no capacity or no address/,
  ],
  [{ stoppedReason: "RESOURCE:ENI" }, /no capacity or no address/],
  [{}, /the task stopped/],
];

test.each(STOPPED)("%j has its cause in words, and what to do", (task, words) => {
  const cause = causeOf(task);
  expect(cause.words).toMatch(words);
  expect(cause.advice).not.toBe("");
});
