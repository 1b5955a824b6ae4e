import { useEffect, useRef, useState } from 'preact/hooks';
import type { Editor } from '../editor/editor.ts';
import type { Playground } from '../playground.ts';
import { ExplainedButton } from './controls.tsx';

/** An editor for a rule of the user's own, which then duels like the others. */
export function OwnRule({ page }: { page: Playground }) {
  const place = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<Editor | null>(null);
  const [isAsked, setAsked] = useState(page.hasOwnRule);
  useEffect(() => {
    if (!isAsked) return;
    let opened: Editor | null = null;
    let isGone = false;
    void import('../editor/editor.ts').then(({ openEditor }) => {
      if (isGone) return;
      opened = openEditor(place.current!, page.source, (text) => void page.train(text));
      setEditor(opened);
    });
    return () => {
      isGone = true;
      opened?.close();
    };
  }, [isAsked]);
  // What came of the text when it was compiled and run.
  const side = page.duel?.sides.find(({ order }) => 'code' in order.rule);
  const problem = page.mistake ?? side?.problem ?? null;
  useEffect(() => editor?.mark(problem), [editor, problem]);
  return (
    <section class="panel" aria-labelledby="own-title">
      <h2 id="own-title">A rule of your own</h2>
      <p class="muted">
        One file in TypeScript is the whole rule; it is compiled here, runs in a worker of this page, and
        duels like the others. This one is sign-symmetric feedback.
      </p>
      {!page.isTrusted && (
        <p class="problem" role="alert">
          This link brings a rule of its own, which does not run before you say so: read it, then press Train
          this rule.
        </p>
      )}
      {!isAsked && (
        <ExplainedButton
          label="Open the editor"
          explanation="Shows the rule as code, to be changed."
          press={() => setAsked(true)}
        />
      )}
      <div ref={place} class="editor" />
      {editor && (
        <ExplainedButton
          label="Train this rule"
          explanation="Compiles the rule and begins the duel anew with it; Ctrl+Enter in the editor does the same."
          isPrimary
          press={() => void page.train(editor.text())}
        />
      )}
      {problem && (
        <p class="problem" role="alert" id="own-problem">
          {problem.line === null ? '' : `Line ${problem.line}: `}
          {problem.sentence}
        </p>
      )}
    </section>
  );
}
