import { render } from 'preact';
import { applyRememberedTheme } from '../shared/theme-switch.tsx';
import { Page } from './page.tsx';
import { Playground } from './playground.ts';

applyRememberedTheme();
const page = new Playground(location.hash);
void page.open();
render(<Page page={page} />, document.querySelector('#page')!);
// The back button, or a link that is pasted over this one.
addEventListener('hashchange', () => location.reload());

/** Milliseconds after which the page has begun to learn, and may load what is not seen yet: it must not need the network later. */
const LATER = 4000;
setTimeout(() => void Promise.all([import('./editor/editor.ts'), import('./editor/compile.ts')]), LATER);
