import { remember } from "../../../lib/remember.ts";

const TEXTS_MAX = 1_000;
const TEXT_CHARS_MAX = 1_024;

/** Remembers what was made of headers: most clients send the same again and again. */
export class Memo<T extends object> {
  private readonly remembered = new Map<string, T>();

  constructor(private readonly make: (text: string) => T) {}

  of(text: string): T {
    const known = this.remembered.get(text);
    if (known) return known;
    const made = this.make(text);
    if (text.length > TEXT_CHARS_MAX) return made;
    remember(this.remembered, text, made, TEXTS_MAX);
    return made;
  }
}
