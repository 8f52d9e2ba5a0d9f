import { useSignal } from "@preact/signals";
import {
  defaultRangeExtractor,
  observeWindowOffset,
  observeWindowRect,
  type Range,
  type VirtualItem,
  Virtualizer,
  windowScroll,
} from "@tanstack/virtual-core";
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { ItemView, tabStop } from "./item-view.tsx";
import { usePage } from "./page.ts";
import type { Item } from "./screens.ts";

/** Until one of them has been drawn. */
const HEIGHTS_PX = { plain: 44, detailed: 66, head: 68 };
/** Rows above and below what is in sight, so that scrolling meets them drawn. */
const OVERSCAN = 10;

/** Draws the rows in sight, and the one that Tab leads to. All of them on paper. */
export function VirtualRows({ items }: { readonly items: readonly Item[] }) {
  const page = usePage();
  const place = useRef<HTMLDivElement>(null);
  const isPrinting = usePrinting();
  const stop = indexOf(items, tabStop(page));
  const rows = useVirtualizer(items, place, stop, page.editing.value);
  const [slots] = useState(() => new Slots());
  useEffect(() => scrollIntoSight(rows, stop), [page.focusWanted.value]);
  if (isPrinting) {
    return (
      <>
        {items.map((item, index) => (
          <ItemView key={item.id} item={item} position={index + 1} />
        ))}
      </>
    );
  }
  return (
    <div ref={place} role="presentation" style={{ blockSize: `${rows.getTotalSize()}px` }}>
      {slots.of(rows.getVirtualItems()).map(({ slot, row }) => (
        <Placed key={slot} row={row} rows={rows} item={items[row.index]} />
      ))}
    </div>
  );
}

type Rows = Virtualizer<Window, HTMLElement>;

function Placed({ row, rows, item }: { row: VirtualItem; rows: Rows; item: Item | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = place.current;
    rows.measureElement(element);
    // The element goes on with another row; this one will have another element.
    return () => {
      if (rows.elementsCache.get(row.key) === element) rows.elementsCache.delete(row.key);
    };
  }, [row.key]);
  if (item === undefined) return null;
  return (
    <div
      role="presentation"
      class="row-place"
      data-index={row.index}
      ref={place}
      style={{ transform: `translateY(${row.start - rows.options.scrollMargin}px)` }}
    >
      <ItemView item={item} position={row.index + 1} />
    </div>
  );
}

/** @param stop index of a row that is drawn wherever it is: the focus must not go with its element */
function useVirtualizer(
  items: readonly Item[],
  place: { readonly current: HTMLElement | null },
  stop: number,
  editing: string | undefined,
): Rows {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const margin = useSignal(0);
  const edited = indexOf(items, editing);
  const [heights] = useState(() => new Heights());
  // Another function means other rows: then the places of all of them are worked out again.
  const getItemKey = useCallback((index: number) => items[index]?.id ?? index, [items]);
  const options = {
    count: items.length,
    getScrollElement: () => window,
    estimateSize: (index: number) => heights.of(items[index]),
    getItemKey,
    overscan: OVERSCAN,
    scrollMargin: margin.value,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    rangeExtractor: (range: Range) => withAlways(defaultRangeExtractor(range), [stop, edited]),
    onChange: () => draw(undefined),
    measureElement: (element: HTMLElement, entry: ResizeObserverEntry | undefined, rows: Rows) =>
      measured(element, entry, rows, (index, px) => heights.learn(items[index], px)),
  };
  const [rows] = useState(() => new Virtualizer<Window, HTMLElement>(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), []);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(() => {
    const measure = () => {
      const top = place.current?.getBoundingClientRect().top;
      if (top !== undefined) margin.value = Math.round(top + window.scrollY);
    };
    measure();
    // What stands above the list may grow: chips, a line of help.
    const above = new ResizeObserver(measure);
    if (place.current?.parentElement?.parentElement) above.observe(place.current.parentElement.parentElement);
    return () => above.disconnect();
  }, []);
  return rows;
}

/**
 * Height of a row, px. What the browser reports after it has laid out the page is enough: to ask for it while rows are
 * being drawn would lay out the page once for each.
 */
function measured(
  element: HTMLElement,
  entry: ResizeObserverEntry | undefined,
  rows: Rows,
  learn: (index: number, px: number) => void,
): number {
  const index = rows.indexFromElement(element);
  const reported = entry?.borderBoxSize[0]?.blockSize;
  if (reported === undefined) return rows.measurementsCache[index]?.size ?? rows.options.estimateSize(index);
  const px = Math.round(reported);
  learn(index, px);
  return px;
}

/**
 * Of rows that were not drawn yet, px. One that turns out to be as high as was thought costs nothing; of any other, the
 * places of all rows after it are worked out again.
 */
class Heights {
  /** The lowest of each shape: most texts need one line. */
  private readonly known: Partial<Record<Shape, number>> = {};

  of(item: Item | undefined): number {
    const shape = shapeOf(item);
    return this.known[shape] ?? HEIGHTS_PX[shape];
  }

  learn(item: Item | undefined, px: number): void {
    const shape = shapeOf(item);
    if (px > 0) this.known[shape] = Math.min(this.known[shape] ?? px, px);
  }
}

type Shape = keyof typeof HEIGHTS_PX;

function shapeOf(item: Item | undefined): Shape {
  if (item?.kind !== "task") return "head";
  return item.task.dueDate === undefined && item.task.labels.length === 0 ? "plain" : "detailed";
}

/**
 * Which element draws which row: one that comes into sight takes that of one that has left. To change an element costs
 * a fraction of making one.
 */
class Slots {
  private readonly taken = new Map<VirtualItem["key"], number>();
  private readonly free: number[] = [];
  private made = 0;

  of(rows: readonly VirtualItem[]): readonly { readonly slot: number; readonly row: VirtualItem }[] {
    const there = new Set(rows.map(({ key }) => key));
    for (const [key, slot] of this.taken) {
      if (there.has(key)) continue;
      this.taken.delete(key);
      this.free.push(slot);
    }
    return rows.map((row) => {
      const slot = this.taken.get(row.key) ?? this.free.pop() ?? this.made++;
      this.taken.set(row.key, slot);
      return { slot, row };
    });
  }
}

function indexOf(items: readonly Item[], id: string | undefined): number {
  return id === undefined ? -1 : items.findIndex((item) => item.id === id);
}

function withAlways(range: readonly number[], always: readonly number[]): number[] {
  const added = always.filter((index) => index >= 0 && !range.includes(index));
  return [...range, ...new Set(added)].sort((a, b) => a - b);
}

function scrollIntoSight(rows: Rows, index: number): void {
  if (index >= 0 && document.activeElement?.closest("[data-index]") != null)
    rows.scrollToIndex(index, { align: "auto" });
}

/** True while the browser makes pages for the printer. */
function usePrinting(): boolean {
  const isPrinting = useSignal(false);
  useEffect(() => {
    const set = (to: boolean) => () => {
      isPrinting.value = to;
    };
    const [before, after] = [set(true), set(false)];
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
  return isPrinting.value;
}
