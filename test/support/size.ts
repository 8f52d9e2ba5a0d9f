/** True in `npm run test:nightly`: the rounds and minutes that a pull request need not wait for. */
export const FULL_SIZE = process.env.TODOS_TEST_SIZE === "full";

/** One line that `npm test` shows even if all is well. */
export function note(line: string): void {
  console.log(`note: ${line}`);
}

const DAY_MS = 86_400_000;
const PARTS = 4;

/**
 * Which part of many similar cases to run: `TODOS_TEST_PART=2/4` is the second quarter. The default is all at full size,
 * else a quarter chosen by the date, so that four days cover them all.
 */
export function partOfToday(): { readonly part: number; readonly parts: number } {
  const today = FULL_SIZE ? "1/1" : `${(Math.floor(Date.now() / DAY_MS) % PARTS) + 1}/${PARTS}`;
  const [part = 1, parts = 1] = (process.env.TODOS_TEST_PART ?? today).split("/").map(Number);
  return { part, parts };
}

/** Of many similar cases those of {@link partOfToday}. */
export function casesOfToday<Case>(all: readonly Case[]): readonly Case[] {
  const { part, parts } = partOfToday();
  return all.filter((_, number) => number % parts === part - 1);
}
