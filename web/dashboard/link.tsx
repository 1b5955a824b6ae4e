import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Navigation, type View, viewAddress } from './view.ts';

/** How parts of the page change what is looked at. */
export const NavigationContext = createContext<Navigation | null>(null);

export const useNavigate = (): Navigation => useContext(NavigationContext)!;

/** A link to another view, which opens in a new tab as any link does. */
export function ViewLink({ to, children }: { to: View; children: ComponentChildren }) {
  const { step } = useNavigate();
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    step(to);
  };
  return (
    <a href={viewAddress(to)} onClick={follow}>
      {children}
    </a>
  );
}
