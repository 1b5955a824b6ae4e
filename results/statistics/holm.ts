/**
 * p adjusted for their number (Holm 1979, Scandinavian Journal of Statistics 6:65): the smallest times m, the next times m - 1, and so
 * on, none below one before it nor above 1. Who calls those up to 0.05 significant is wrong about any of them in at most 5 of 100
 * families, whatever depends on what.
 *
 * @param family the p of all tests that were declared; null for one that cannot be computed, which counts all the same
 * @returns in the same order; null stays null
 */
export function holm(family: readonly (number | null)[]): (number | null)[] {
  const adjusted: (number | null)[] = family.map(() => null);
  const order = family.map((_, i) => i).filter((i) => family[i] !== null);
  order.sort((a, b) => family[a]! - family[b]!);
  let least = 0;
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (family.length - rank) * family[i]!));
    adjusted[i] = least;
  }
  return adjusted;
}
