/** Training examples after which a network is looked at within its first ones: most is learned early. */
const EARLY = [100, 200, 400, 700, 1000, 1500, 2000, 3000];
/** And so often from there on. */
const LATER = 4000;

/**
 * The minibatch after which a network is looked at next. It follows from the examples alone, so that the same duel has the same points
 * wherever it is run.
 * @param step minibatches done
 * @param batch examples of one
 */
export function nextLook(step: number, batch: number): number {
  const examples = step * batch;
  const early = EARLY.find((mark) => Math.ceil(mark / batch) > step);
  return Math.ceil((early ?? LATER * (Math.floor(examples / LATER) + 1)) / batch);
}
