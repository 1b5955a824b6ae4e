import { UserError } from '../kernels/index.ts';

/** A part of a page that is generated: what stands between `<!-- name, written by generator -->` and `<!-- end of name -->`. */
export interface GeneratedBlock {
  /** The page, for the error. */
  readonly file: string;
  readonly name: string;
  readonly generator: string;
}

/**
 * The text of a page with one of its generated blocks replaced.
 * @throws UserError when the comments around it are missing
 */
export function withBlock(text: string, { file, name, generator }: GeneratedBlock, content: string): string {
  const [start, end] = [`<!-- ${name}, written by ${generator} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new UserError(`${file} lacks the comments ${start} and ${end}: bring them back`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}
