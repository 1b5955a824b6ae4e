import { useEffect, useRef } from 'preact/hooks';
import type { FigureDocument, FigureElement } from '../../results/figures/index.ts';

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
    const element = draw(document as unknown as FigureDocument) as unknown as Element;
    // The label says what it is: the names of marks and ticks inside would be read one by one.
    element.setAttribute('aria-hidden', 'true');
    place.current!.replaceChildren(element);
  }, [draw]);
  return <div class="figure" role="img" aria-label={label} ref={place} />;
}
