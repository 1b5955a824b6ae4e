import { render } from 'preact';
import { applyRememberedTheme, ThemeSwitch } from '../shared/theme-switch.tsx';

function Playground() {
  return (
    <main>
      <h1>Dendrite playground</h1>
      <ThemeSwitch />
    </main>
  );
}

applyRememberedTheme();
render(<Playground />, document.querySelector('#page')!);
