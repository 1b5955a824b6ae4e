/**
 * What figures need of a document: that of a browser, or of xmldom on Node. Written down here, since the project compiles without the
 * types of a browser.
 */
export interface FigureDocument {
  createElementNS(namespace: string, name: string): FigureElement;
}

/** An SVG element of such a document. */
export interface FigureElement {
  textContent: string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  appendChild(child: FigureElement): FigureElement;
  removeChild(child: FigureElement): FigureElement;
  readonly parentNode: FigureElement | null;
  getElementsByTagName(name: string): ArrayLike<FigureElement>;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element with a text or with other elements in it. A text is shown as it is: it is never read as markup. */
export function svgElement(
  dom: FigureDocument,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: string | readonly FigureElement[] = [],
): FigureElement {
  const element = dom.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (typeof content === 'string') element.textContent = content;
  else for (const child of content) element.appendChild(child);
  return element;
}
