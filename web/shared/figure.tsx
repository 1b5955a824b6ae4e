import { useEffect, useRef } from 'preact/hooks';
import type { FigureDocument, FigureElement } from '../../results/figures/index.ts';

/** Figures that wait to be drawn, by their place: one a frame, so that a page of many stays responsive. */
const waiting = new Map<HTMLElement, () => void>();

/** Draws at one of the next frames; what waits for the same place already is not drawn. */
function drawSoon(place: HTMLElement, draw: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(drawNext);
  // Where a place is known it keeps its turn.
  waiting.set(place, draw);
}

function drawNext(): void {
  const next = waiting.entries().next().value;
  if (!next) return;
  const [place, draw] = next;
  waiting.delete(place);
  if (waiting.size > 0) requestAnimationFrame(drawNext);
  draw();
}

/**
 * A figure of results/figures, or a plot of Observable Plot, in the page.
 * @param draw what draws it; a new function draws anew
 */
export function Figure({
  draw,
  label,
}: {
  draw(dom: FigureDocument): FigureElement | Element;
  label: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const figure = place.current!;
    drawSoon(figure, () => {
      const element = draw(document as unknown as FigureDocument) as unknown as Element;
      // The label says what it is: the names of marks and ticks inside would be read one by one.
      element.setAttribute('aria-hidden', 'true');
      figure.replaceChildren(element);
    });
  }, [draw]);
  useEffect(() => {
    const figure = place.current!;
    return () => void waiting.delete(figure);
  }, []);
  return <div class="figure" role="img" aria-label={label} ref={place} />;
}
