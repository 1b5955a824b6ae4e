import { type Fault, faultsOf } from './fault.ts';

const SERVER = ['test/cli/serve.test.ts'];
const PAGE = ['test/web/dashboard.test.ts'];

/** Of the dashboard: its server, and the page. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'dashboard',
    SERVER,
    [
      ['every name of a host is its own', '![$a, $b].includes(headers.host ?? "")', 'false'],
      ['every method is answered', 'method !== "GET" && method !== "HEAD"', 'false'],
      ['pages of others are answered', '["cross-site", "same-site"].includes($site)', 'false'],
      ['scripts in the page run', '"script-src \'self\'"', "\"script-src 'self' 'unsafe-inline'\""],
    ],
    'cli/serve/requests.ts',
  ),
  ...faultsOf(
    'dashboard',
    SERVER,
    [['what lies outside is read', 'real !== root', 'real === ""']],
    'cli/serve/within.ts',
  ),
  ...faultsOf(
    'dashboard',
    SERVER,
    [['links are followed', 'entry.isDirectory()', '(entry.isDirectory() || entry.isSymbolicLink())']],
    'cli/serve/find-comparisons.ts',
  ),
  ...faultsOf(
    'dashboard',
    SERVER,
    [
      ['every run is read again', 'mark === (marks.get(name) ?? "")', 'false'],
      ['no run is read again', 'mark === (marks.get(name) ?? "")', 'marks.has(name)'],
      ['statistics stay as they were', 'isOther || hasEnded', 'isOther'],
      [
        'a comparison that was mended stays damaged',
        'this.#known === null && !isOther',
        'this.#known === null && this.#owners === ""',
      ],
    ],
    'cli/serve/watched-comparison.ts',
  ),
  ...faultsOf(
    'dashboard',
    SERVER,
    [
      ['runs that nobody asked for are told of', 'change.pages.filter($isAsked)', 'change.pages'],
      ['comparisons that are gone stay', 'this.#comparisons.delete(id)', 'this.#comparisons.get(id)'],
    ],
    'cli/serve/watched-folder.ts',
  ),
  ...faultsOf(
    'dashboard',
    SERVER,
    [['what is trained already is to be trained', 'one.epochsInAll - one.epochs', 'one.epochsInAll']],
    'cli/serve/seconds-left.ts',
  ),
  ...faultsOf(
    'dashboard-page',
    PAGE,
    [['changes are not shown', 'setLive((now) => changed(now, change))', 'setLive((now) => now)']],
    'web/dashboard/live.ts',
  ),
  ...faultsOf(
    'dashboard-page',
    PAGE,
    [
      ['the measure is not in the address', "given.get('measure') ?? START.measure", 'START.measure'],
      [
        'the filters are not in the address',
        'given.append(AXIS + name, value)',
        'given.has(AXIS + name, value)',
      ],
    ],
    'web/dashboard/view.ts',
  ),
  ...faultsOf(
    'dashboard-page',
    PAGE,
    [['values of axes filter nothing', 'values.has(axis.of(condition, seed))', 'true']],
    'web/dashboard/axes.ts',
  ),
];
