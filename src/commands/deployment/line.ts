export type Mood = "good" | "bad" | "warn" | "plain" | "title";

/** A line for people, and its kind. */
export interface Line {
  readonly mood: Mood;
  readonly text: string;
}
