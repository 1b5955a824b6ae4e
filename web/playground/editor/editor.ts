import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { compile, type Mistake } from './compile.ts';

/** An editor in the page. */
export interface Editor {
  text(): string;
  /** Shows what is wrong beside its line; null: nothing is. */
  mark(mistake: Mistake | null): void;
  close(): void;
}

/** Milliseconds after the last change before the syntax is looked at. */
const QUIET = 300;

/** Comments, texts, numbers and words of the language, in the order in which they are looked for. */
const TOKENS = new MatchDecorator({
  regexp:
    /(?<comment>\/\/.*|\/\*.*|^\s*\*.*)|(?<string>'[^']*'|"[^"]*"|`[^`]*`)|(?<number>\b\d[\d._]*\b)|(?<keyword>\b(?:const|let|for|of|in|if|else|break|continue|return|import|export|from|type|function|class|new|while|null|true|false|as|typeof|interface)\b)/g,
  decoration: (match) => {
    const [kind] = Object.entries(match.groups!).find(([, text]) => text !== undefined)!;
    return Decoration.mark({ class: `token-${kind}` });
  },
});

const highlighting = ViewPlugin.fromClass(
  class {
    tokens: DecorationSet;
    constructor(view: EditorView) {
      this.tokens = TOKENS.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.tokens = TOKENS.updateDeco(update, this.tokens);
    }
  },
  { decorations: ({ tokens }) => tokens },
);

/**
 * @param place is filled with it
 * @param train called for Ctrl+Enter
 */
export function openEditor(place: HTMLElement, text: string, train: (text: string) => void): Editor {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const view: EditorView = new EditorView({
    parent: place,
    doc: text,
    extensions: [
      // Before the keys of the setup, which has another meaning for it.
      keymap.of([
        {
          key: 'Mod-Enter',
          run: ({ state }) => {
            train(state.doc.toString());
            return true;
          },
        },
      ]),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      lineNumbers(),
      EditorView.lineWrapping,
      lintGutter(),
      highlighting,
      EditorView.contentAttributes.of({ 'aria-label': 'Your rule in TypeScript' }),
      EditorView.updateListener.of(({ docChanged }) => {
        if (!docChanged) return;
        clearTimeout(timer);
        timer = setTimeout(() => {
          const compiled = compile(view.state.doc.toString());
          mark('code' in compiled ? null : compiled);
        }, QUIET);
      }),
    ],
  });
  const mark = (mistake: Mistake | null): void => {
    const { doc } = view.state;
    const line = mistake && doc.line(Math.min(doc.lines, Math.max(1, mistake.line ?? 1)));
    view.dispatch(
      setDiagnostics(
        view.state,
        mistake && line
          ? [{ from: line.from, to: line.to, severity: 'error', message: mistake.sentence }]
          : [],
      ),
    );
  };
  return { text: () => view.state.doc.toString(), mark, close: () => view.destroy() };
}
