export type Mood = "good" | "bad" | "warn" | "plain" | "title";

/** A line for people, and how it is meant. */
export interface Line {
  readonly mood: Mood;
  readonly text: string;
}
