import { type Contender, contender, FEWEST, FIRST, MOST } from '../address.ts';
import type { Playground } from '../playground.ts';
import { Control, readNumbers, readWhole, TextControl } from './controls.tsx';
import { labelAt } from './labels.ts';
import { Sample } from './plots.tsx';

/** Value of the choice that is no built-in rule. */
const OWN = '';

/** Which rules duel, and on what. */
export function Contenders({ page, read }: { page: Playground; read(rule: string): void }) {
  const { contenders } = page.state;
  const replace = (place: number, changed: Partial<Contender>): void =>
    page.choose({
      contenders: contenders.map((one, i) => (i === place ? { ...one, ...changed } : one)),
    });
  return (
    <section class="panel" aria-labelledby="contenders-title">
      <h2 id="contenders-title">The duel</h2>
      <p class="muted">
        All rules begin with the same weights and see the same digits in the same order. A change begins the
        duel anew.
      </p>
      <Shared page={page} />
      <ul class="contenders">
        {contenders.map((one, place) => (
          <li key={place}>
            <ContenderCard
              page={page}
              place={place}
              change={(changed) => replace(place, changed)}
              {...(contenders.length > FEWEST && {
                remove: () => page.choose({ contenders: contenders.filter((_, i) => i !== place) }),
              })}
              {...(one.rule !== null && { read: () => read(one.rule!) })}
            />
          </li>
        ))}
      </ul>
      {contenders.length < MOST && (
        <button
          type="button"
          onClick={() => page.choose({ contenders: [...contenders, contender(unusedRule(page))] })}
        >
          Add a rule
        </button>
      )}
    </section>
  );
}

/** A rule that does not duel yet, for a further place. */
function unusedRule({ rules, state: { contenders } }: Playground): string {
  const names = ['direct-feedback-alignment', ...rules.map(({ name }) => name)];
  return names.find((name) => !contenders.some(({ rule }) => rule === name)) ?? FIRST.contenders[0]!.rule!;
}

/** What holds for all rules. */
function Shared({ page }: { page: Playground }) {
  const { hidden, epochs, seed, kernels } = page.state;
  return (
    <div class="controls">
      <TextControl
        label="Hidden neurons"
        explanation="Of each hidden layer, with commas between them; empty for none."
        text={hidden.join(',')}
        read={readNumbers('whole numbers', (size) => Number.isSafeInteger(size) && size > 0)}
        choose={(value) => page.choose({ hidden: value })}
      />
      <TextControl
        label="Epochs"
        explanation="How often each rule sees all 8,000 training digits."
        text={String(epochs)}
        read={readWhole(1)}
        choose={(value) => page.choose({ epochs: value })}
      />
      <TextControl
        label="Seed"
        explanation="Draws the initial weights and the order of the digits."
        text={String(seed)}
        read={readWhole(0)}
        choose={(value) => page.choose({ seed: value })}
      />
      <Control
        label="Kernels"
        explanation="Exact bits are the same on every machine; fused multiply-add is faster and differs in last digits."
      >
        {(ids) => (
          <select
            {...ids}
            value={kernels}
            onChange={({ currentTarget: { value } }) =>
              page.choose({ kernels: value === 'exact' ? 'exact' : 'fastest' })
            }
          >
            <option value="fastest">fastest</option>
            <option value="exact">exact bits</option>
          </select>
        )}
      </Control>
    </div>
  );
}

function ContenderCard({
  page,
  place,
  change,
  remove,
  read,
}: {
  page: Playground;
  place: number;
  change(changed: Partial<Contender>): void;
  /** Left out: there are no fewer rules. */
  remove?(): void;
  /** Opens the rule's page; left out: it has none. */
  read?(): void;
}) {
  const { rule, batch, learningRate } = page.state.contenders[place]!;
  const side = page.duel?.sides[place];
  const settings = side?.opened?.condition.settings;
  const about = side?.opened?.about ?? page.rules.find(({ name }) => name === rule);
  const families = [...new Set(page.rules.map(({ family }) => family))];
  return (
    <div class="contender">
      <h3>
        <Sample place={place} />
        {labelAt(page, place)}
        {remove && (
          <button type="button" class="small" onClick={remove} aria-label={`Remove ${labelAt(page, place)}`}>
            ×
          </button>
        )}
      </h3>
      <div class="controls">
        <Control
          label="Rule"
          explanation={
            <>
              {about?.summary ?? 'How errors, or something in their place, change the weights.'}{' '}
              {read && (
                <button type="button" class="link" onClick={read}>
                  About this rule
                </button>
              )}
            </>
          }
        >
          {(ids) => (
            <select
              {...ids}
              value={rule ?? OWN}
              onChange={({ currentTarget: { value } }) => change(contender(value === OWN ? null : value))}
            >
              <option value={OWN}>the rule typed in below</option>
              {page.rules.length === 0 && rule !== null && <option value={rule}>{rule}</option>}
              {families.map((family) => (
                <optgroup key={family} label={family ?? ''}>
                  {page.rules
                    .filter((one) => one.family === family)
                    .map(({ name, title }) => (
                      <option key={name} value={name} title={title}>
                        {name}
                      </option>
                    ))}
                </optgroup>
              ))}
            </select>
          )}
        </Control>
        <TextControl
          label="Batch"
          explanation="Digits in a minibatch; empty: as the rule’s recipe has it."
          text={batch === null ? '' : String(batch)}
          placeholder={settings ? String(settings.batch) : ''}
          read={(text) => (text === '' ? { value: null } : readWhole(1)(text))}
          choose={(value: number | null) => change({ batch: value })}
        />
        <TextControl
          label="Learning rate"
          explanation="One for all connections, or one for each; empty: the recipe’s."
          text={learningRate === null ? '' : learningRate.join(',')}
          placeholder={settings ? settings.learningRate.join(',') : ''}
          read={readNumbers('numbers above 0', (rate) => rate > 0)}
          choose={(value) => change({ learningRate: value.length === 0 ? null : value })}
        />
      </div>
      {side?.problem && (
        <p class="problem" role="alert">
          {side.problem.sentence}
        </p>
      )}
    </div>
  );
}
