import type { ComponentChild } from "preact";
import { type Block, blocksOf, type Item } from "./blocks.ts";
import { type Inline, inlineOf } from "./inline.ts";

/** Headings of a note stand below those of the page. */
const HEADING_BELOW = 2;
const HEADING_MAX = 6;

/** A note with its Markdown shown. Everything becomes elements with text in them: there is no HTML in it to trust. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <div class="markdown" dir="auto">
      {blocksOf(text).map(shown)}
    </div>
  );
}

function shown(block: Block): ComponentChild {
  switch (block.kind) {
    case "paragraph":
      return <p dir="auto">{inlineOf(block.text).map(part)}</p>;
    case "heading": {
      const Heading = `h${Math.min(block.level + HEADING_BELOW, HEADING_MAX)}` as "h3";
      return <Heading dir="auto">{inlineOf(block.text).map(part)}</Heading>;
    }
    case "code":
      return (
        // It scrolls sideways, so the keyboard must reach it.
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return <blockquote>{block.blocks.map(shown)}</blockquote>;
    case "list":
      return block.start === undefined ? (
        <ul>{block.items.map(item)}</ul>
      ) : (
        <ol start={block.start}>{block.items.map(item)}</ol>
      );
    case "rule":
      return <hr />;
  }
}

function item({ done, blocks }: Item): ComponentChild {
  const [first, ...others] = blocks;
  const box = done === undefined ? null : <span>{done ? "☑ " : "☐ "}</span>;
  const isTight = first?.kind === "paragraph";
  return (
    <li dir="auto">
      {box}
      {isTight ? inlineOf(first.text).map(part) : first && shown(first)}
      {others.map(shown)}
    </li>
  );
}

function part(inline: Inline): ComponentChild {
  switch (inline.kind) {
    case "text":
      return inline.text;
    case "code":
      return <code>{inline.text}</code>;
    case "break":
      return <br />;
    case "link":
      // The other page is told neither where it is linked from, nor given a hold on this one.
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow">
          {inline.inner.map(part)}
        </a>
      );
    default: {
      const Mark = inline.kind;
      return <Mark>{inline.inner.map(part)}</Mark>;
    }
  }
}
