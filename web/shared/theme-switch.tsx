import { useState } from 'preact/hooks';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'dendrite-theme';

/** A browser may refuse to keep anything for a page. */
function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY) as Theme | null;
    return theme !== null && THEMES.includes(theme) ? theme : 'system';
  } catch {
    return 'system';
  }
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Called once before the page is drawn. */
export const applyRememberedTheme = (): void => apply(remembered());

/** Chooses between light and dark; at first as the system has it. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(remembered);
  const choose = (chosen: Theme): void => {
    apply(chosen);
    setTheme(chosen);
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // It holds for this visit alone.
    }
  };
  return (
    <label>
      <span class="visually-hidden">Theme</span>
      <select value={theme} onChange={({ currentTarget }) => choose(currentTarget.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name[0]!.toUpperCase() + name.slice(1)}
          </option>
        ))}
      </select>
    </label>
  );
}
