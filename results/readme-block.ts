import { UserError } from '../kernels/index.ts';

/**
 * A text with what stands between two comments replaced: a part of the README that is generated.
 * @param name of the comments `<!-- name, written by generator -->` and `<!-- end of name -->`
 * @throws UserError when the comments are missing
 */
export function withBlock(text: string, name: string, generator: string, block: string): string {
  const [start, end] = [`<!-- ${name}, written by ${generator} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new UserError(`README.md lacks the comments ${start} and ${end}: bring them back`);
  return `${text.slice(0, from + start.length)}\n\n${block}\n\n${text.slice(to)}`;
}
