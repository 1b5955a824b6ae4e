import { type Fault, faultsOf } from './fault.ts';

const HTML = ['test/results/report/html.test.ts'];
const PAGE = ['test/results/report/page.test.ts'];
const VERDICT = ['test/results/report/verdict.test.ts'];

/** Of the report of a comparison. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'report',
    HTML,
    [
      ['a text is markup', 'escaped(String(part))', 'String(part)'],
      ['a part of an attribute without quotes', '/=\\s*$/.test(literals[i]!)', 'false'],
      ['whoever has the class makes markup', 'key !== KEY', 'key === undefined'],
    ],
    'results/report/html.ts',
  ),
  ...faultsOf(
    'report',
    PAGE,
    [['the name of a folder is a scheme', "encoded.startsWith('..')", "encoded.startsWith('')"]],
    'results/report/links.ts',
  ),
  ...faultsOf(
    'report',
    PAGE,
    [['a run that failed is not missing', "run?.status === 'finished'", 'run !== undefined']],
    'results/report/runs.ts',
  ),
  ...faultsOf(
    'report',
    VERDICT,
    [['better by less than nothing', 'mean! < 0 ? -1 : 1', '1']],
    'results/report/verdict.ts',
  ),
];
