import { type Fault, faultsOf } from './fault.ts';

const PARTS = ['test/web/playground-parts.test.ts'];
const BITS = ['test/web/playground-bits.test.ts'];
const EDITOR = ['test/web/playground-editor.test.ts'];

/** Of the page on which rules duel. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'playground',
    PARTS,
    [
      ['a learning rate is lost from the address', 'learningRate !== null', 'batch !== null'],
      ['a duel of one', 'contenders.length < FEWEST', 'contenders.length < 1'],
    ],
    'web/playground/address.ts',
  ),
  ...faultsOf(
    'playground',
    PARTS,
    [['looks depend on where a call ended', 'Math.floor(examples / LATER) + 1', 'examples / LATER + 1']],
    'web/playground/run/looks.ts',
  ),
  ...faultsOf(
    'playground',
    PARTS,
    [['two have the turn', 'await before;', ';']],
    'web/playground/run/turns.ts',
  ),
  ...faultsOf(
    'playground',
    PARTS,
    [['one step opens the gate', "this.#state = 'closed';", ';', 'pass']],
    'web/playground/run/gate.ts',
  ),
  ...faultsOf(
    'playground',
    PARTS,
    [
      [
        'a drawing is half a pixel off',
        'x + (column + 0.5 - SIDE / 2) / scale - 0.5',
        'x + (column + 0.5 - SIDE / 2) / scale',
      ],
    ],
    'web/playground/digits/drawing.ts',
  ),
  ...faultsOf(
    'playground',
    PARTS,
    [
      [
        'a mistake stands where the last try to read it began',
        '(one.pos ?? 0) > (furthest.pos ?? 0)',
        '(one.pos ?? 0) < 0',
      ],
    ],
    'web/playground/editor/compile.ts',
  ),
  ...faultsOf(
    'playground',
    BITS,
    [
      [
        'the seed of the page is not that of the run',
        '{ ...input, rule: definition, seed: order.seed, $$rest }',
        '{ ...input, rule: definition, seed: 1, $$rest }',
      ],
      [
        'the batch of the page is not that of the run',
        'order.batch !== null && { batch: order.batch }',
        'order.batch === 0 && { batch: order.batch }',
      ],
    ],
    'web/playground/run/run.ts',
  ),
  ...faultsOf(
    'playground',
    BITS,
    [['exact bits are fused', "choice === 'fastest' && hasRelaxedSimd()", 'hasRelaxedSimd()']],
    'web/playground/run/kernels.ts',
  ),
  ...faultsOf(
    'playground',
    EDITOR,
    [['a rule from a link runs at once', 'this.isTrusted = source === example', 'this.isTrusted = true']],
    'web/playground/playground.ts',
  ),
];
