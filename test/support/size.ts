/** True in `npm run test:nightly`: the rounds and minutes that a pull request need not wait for. */
export const FULL_SIZE = process.env.TODOS_TEST_SIZE === "full";

/** One line that `npm test` shows even if all is well. */
export function note(line: string): void {
  console.log(`note: ${line}`);
}
