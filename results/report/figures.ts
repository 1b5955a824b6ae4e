import type { ComparisonDocument } from '../comparison.schema.ts';
import { encodeFigure, makeFigureDocument } from '../figure-file.ts';
import { FIGURES } from '../figures/index.ts';
import { type Html, html, trusted } from './html.ts';

/** The figures that the records of a comparison are enough for, each with its title and caption in it. */
export async function reportFigures(document: ComparisonDocument): Promise<Html[]> {
  const dom = await makeFigureDocument();
  const figures: Html[] = [];
  for (const figure of FIGURES) {
    if (figure.of !== 'records' || figure.missing(document) !== null) continue;
    const drawn = figure.draw(dom, document, 'examples');
    const title = drawn.getElementsByTagName('title')[0]!.textContent!;
    const svg = new TextDecoder().decode(await encodeFigure(drawn, 'svg'));
    // The serializer of XML escapes all texts in it.
    figures.push(html`<figure class="box" id="figure-${figure.name}" aria-label="${title}" tabindex="0">
${trusted(svg)}</figure>
`);
  }
  return figures;
}
