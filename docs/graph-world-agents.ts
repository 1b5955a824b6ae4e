import { type Dataset, makeGraphWorlds } from '../data/index.ts';
import { ARRIVALS, type Arrival, arrivalsOf, type Walk, walksOf } from '../training/tasks/next-symbol.ts';

/** The world of docs/graph-worlds.md. */
export const WORLD = { rows: 5, columns: 5, shape: 'torus' } as const;
export const worldDataset = (): Dataset => makeGraphWorlds(WORLD);

/** A step of a walk that comes to a known node, and what came before. */
interface Moment {
  readonly walk: Walk;
  readonly step: number;
  readonly arrival: Arrival;
  readonly symbols: number;
}

/** The probability with which an agent without learning says the right symbol. */
type Agent = (moment: Moment) => number;

/** What is right in a step that an agent remembers; else it guesses one of all symbols. */
const remembered = ({ walk, step, symbols }: Moment, isSame: (before: number) => boolean): number => {
  for (let before = step - 1; before >= 0; before--)
    if (isSame(before)) return Number(walk.symbols[before] === walk.symbols[step]);
  return 1 / symbols;
};

const agents = {
  /** Knows where it is, and what it has seen there. */
  node: (moment) =>
    remembered(moment, (before) => moment.walk.nodes[before] === moment.walk.nodes[moment.step]),
  /** Knows what it has seen after this action from this node. */
  edge: ({ arrival, symbols }) => (arrival.actionSeen ? 1 : 1 / symbols),
  /** Has no position: knows what it has seen last after this action from this symbol. */
  table: (moment) => {
    const { actions, symbols } = moment.walk;
    return remembered(
      moment,
      (before) =>
        before > 0 &&
        actions[before] === actions[moment.step] &&
        symbols[before - 1] === symbols[moment.step - 1],
    );
  },
  /** Says the symbol that it has seen most often, of several the first. */
  frequent: ({ walk, step }) => {
    const counts = new Map<number, number>();
    for (const symbol of walk.symbols.slice(0, step)) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    const [most] = [...counts].sort(([, a], [, b]) => b - a)[0]!;
    return Number(most === walk.symbols[step]);
  },
} satisfies Record<string, Agent>;

export type AgentName = keyof typeof agents;
export type Criterion = keyof typeof ARRIVALS;

/** What an agent has right of the test walks, in %, and how many arrivals of a walk are scored. */
export function agentScores(
  { test, walks }: Dataset,
  criterion: Criterion,
): Readonly<Record<AgentName, number>> & { readonly arrivals: number } {
  const all = walksOf(test);
  const moments = all.flatMap((walk) =>
    arrivalsOf(walk).flatMap((arrival, step) =>
      arrival && ARRIVALS[criterion](arrival) ? [{ walk, step, arrival, symbols: walks!.symbols }] : [],
    ),
  );
  const score = (agent: Agent): number =>
    (100 * moments.reduce((sum, moment) => sum + agent(moment), 0)) / moments.length;
  return {
    ...{ node: score(agents.node), edge: score(agents.edge) },
    ...{ table: score(agents.table), frequent: score(agents.frequent) },
    arrivals: moments.length / all.length,
  };
}
