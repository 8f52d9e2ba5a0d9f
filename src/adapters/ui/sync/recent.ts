/** The last so many texts that were added. */
export class Recent {
  private readonly texts = new Set<string>();

  constructor(private readonly max: number) {}

  add(text: string): void {
    this.texts.delete(text);
    this.texts.add(text);
    const [oldest] = this.texts;
    if (this.texts.size > this.max && oldest !== undefined) this.texts.delete(oldest);
  }

  has(text: string): boolean {
    return this.texts.has(text);
  }
}
