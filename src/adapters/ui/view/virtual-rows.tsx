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

const ROW_PX = 46;
const HEAD_PX = 68;
/** Rows above and below what is in sight, so that scrolling meets them drawn. */
const OVERSCAN = 10;

/** Draws the rows in sight, and the one that Tab leads to. All of them on paper. */
export function VirtualRows({ items }: { readonly items: readonly Item[] }) {
  const page = usePage();
  const place = useRef<HTMLDivElement>(null);
  const isPrinting = usePrinting();
  const stop = indexOf(items, tabStop(page));
  const rows = useVirtualizer(items, place, stop, page.editing.value);
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
      {rows.getVirtualItems().map((row) => (
        <Placed key={row.key} row={row} rows={rows} item={items[row.index]} />
      ))}
    </div>
  );
}

type Rows = Virtualizer<Window, HTMLElement>;

function Placed({ row, rows, item }: { row: VirtualItem; rows: Rows; item: Item | undefined }) {
  if (item === undefined) return null;
  return (
    <div
      role="presentation"
      class="row-place"
      data-index={row.index}
      ref={rows.measureElement}
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
  // Another function means other rows: then the places of all of them are worked out again.
  const getItemKey = useCallback((index: number) => items[index]?.id ?? index, [items]);
  const options = {
    count: items.length,
    getScrollElement: () => window,
    estimateSize: (index: number) => (items[index]?.kind === "task" ? ROW_PX : HEAD_PX),
    getItemKey,
    overscan: OVERSCAN,
    scrollMargin: margin.value,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    rangeExtractor: (range: Range) => withAlways(defaultRangeExtractor(range), [stop, edited]),
    onChange: () => draw(undefined),
    measureElement: measured,
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
function measured(element: HTMLElement, entry: ResizeObserverEntry | undefined, rows: Rows): number {
  const reported = entry?.borderBoxSize[0]?.blockSize;
  if (reported !== undefined) return Math.round(reported);
  const index = rows.indexFromElement(element);
  return rows.measurementsCache[index]?.size ?? rows.options.estimateSize(index);
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
