import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../kernels/index.ts';
import type { FigureDocument, FigureElement } from './figures/dom.ts';
import { makeFolder, writeWhole, writingTo } from './files.ts';

/** In what figures can be written. */
export const FIGURE_FORMATS = ['svg', 'png'] as const;
/** One of FIGURE_FORMATS. */
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

/** Pixels of a PNG file for one of the figure: 355 dots per inch where it is printed 12 cm wide. */
const PNG_SCALE = 3;

/** A document for figures on Node, which has none. */
export async function makeFigureDocument(): Promise<FigureDocument> {
  // Loaded here, as the other packages for figures: no other command needs them.
  const { DOMImplementation } = await import('@xmldom/xmldom');
  return new DOMImplementation().createDocument(
    'http://www.w3.org/2000/svg',
    'svg',
  ) as unknown as FigureDocument;
}

/**
 * The file of a figure: the same figure, the same bytes of SVG on every machine. A PNG file has the letters of the machine's fonts.
 * @throws UserError for PNG on a machine without any font
 */
export async function encodeFigure(figure: FigureElement, format: FigureFormat): Promise<Uint8Array> {
  const { XMLSerializer } = await import('@xmldom/xmldom');
  const svg = withoutControls(new XMLSerializer().serializeToString(figure as never));
  return format === 'svg' ? new TextEncoder().encode(`${svg}\n`) : drawPng(svg);
}

/** XML cannot hold control characters, in whatever form; a name may. */
const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');

async function drawPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const letter = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15">a</text></svg>';
  if (new Resvg(letter, FONTS).getBBox() === undefined)
    throw new UserError(
      'this machine has no font to write with in a PNG file; install one (on Debian: apt install fonts-liberation), or choose --format svg',
    );
  return new Resvg(svg, { ...FONTS, fitTo: { mode: 'zoom', value: PNG_SCALE } }).render().asPng();
}

const FONTS = { font: { loadSystemFonts: true } } as const;

/**
 * Writes a figure to a file, whole or not at all.
 * @throws UserError when the file exists and `force` is not set, or it cannot be written
 */
export async function writeFigure(
  path: string,
  figure: FigureElement,
  format: FigureFormat,
  force: boolean,
): Promise<void> {
  if (!force && existsSync(path))
    throw new UserError(
      `${path} exists already; name another file with --out, or write over it with --force`,
    );
  const bytes = await encodeFigure(figure, format);
  makeFolder(dirname(path));
  writingTo(dirname(path), () => writeWhole(path, [bytes]));
}
