import { useEffect, useRef } from 'preact/hooks';
import type { RuleAbout } from '../run/about.ts';

/** The page of a rule: what it does, its mathematics, what it assumes of a brain, its options. */
export function RulePage({ rule, close }: { rule: RuleAbout; close(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), [rule]);
  return (
    <dialog ref={dialog} class="rule-page" aria-labelledby="rule-title" onClose={close}>
      <form method="dialog">
        <h2 id="rule-title">{rule.title}</h2>
        <button type="submit">Close</button>
      </form>
      <p class="muted">
        <code>{rule.name}</code> · {rule.family ?? 'your own'} · {rule.network.name} network
      </p>
      <p>{rule.summary}</p>
      {rule.equations.length > 0 && (
        <>
          <h3>Mathematics</h3>
          <pre>{rule.equations.join('\n')}</pre>
        </>
      )}
      {rule.notes && <p>{rule.notes}</p>}
      {rule.plausibility.length > 0 && (
        <>
          <h3>What it assumes of a brain</h3>
          <dl>
            {rule.plausibility.map(([name, words]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <h3>Network</h3>
      <p>{rule.network.description}</p>
      {rule.options.length > 0 && (
        <>
          <h3>Options</h3>
          <dl>
            {rule.options.map(({ name, value, description }) => (
              <div key={name}>
                <dt>
                  <code>
                    {name} = {value}
                  </code>
                </dt>
                <dd>{description}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <h3>Reference</h3>
      <p>{rule.source}</p>
    </dialog>
  );
}
