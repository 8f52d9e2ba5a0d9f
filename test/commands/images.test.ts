import { describe, expect, test } from "bun:test";
import { standInExecutable } from "../support/oci/executable.ts";
import { scratchFolder, todos } from "./todos-process.ts";

describe("verify-image", () => {
  test("nothing listens on the registry's port → 1 at once, and what to check", async () => {
    using folder = scratchFolder();
    const binary = await standInExecutable(folder.file("todos"));
    const startedAt = performance.now();
    const { code, stderr } = await todos(["verify-image", "localhost:1/todos:1", "--binary", binary]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "todos: localhost:1 is unreachable: connection refused.\n" +
        "  Nothing listens there: check host and port, and that the registry is running.\n",
    );
    // Less than the shortest of the pauses between tries, which sum up to 10 s.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
