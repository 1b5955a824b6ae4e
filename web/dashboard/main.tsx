import { render } from 'preact';
import { applyRememberedTheme, ThemeSwitch } from '../shared/theme-switch.tsx';

function Dashboard() {
  return (
    <main>
      <h1>Dendrite dashboard</h1>
      <ThemeSwitch />
    </main>
  );
}

applyRememberedTheme();
render(<Dashboard />, document.querySelector('#page')!);
