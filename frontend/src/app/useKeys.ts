import { useEffect, useRef } from 'react';
import { actionOf, isTaken, type KeyAction, type KeyContext } from './keys';

/** What to do on each key; a returned function is called when that key comes up again. */
export type KeyHandlers = Partial<Record<KeyAction, () => void | (() => void)>>;

/** Listen for the keys of one context while the component is shown. */
export function useKeys(context: KeyContext, handlers: KeyHandlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const held = new Map<string, () => void>();
    const down = (event: KeyboardEvent): void => {
      const action = actionOf(event, context);
      const handler = action === null ? undefined : latest.current[action];
      if (handler === undefined || isTaken(event.code, event.target instanceof Element ? event.target : null)) {
        return;
      }
      event.preventDefault();
      const release = handler();
      if (release !== undefined) {
        held.set(event.code, release);
      }
    };
    const up = (event: KeyboardEvent): void => {
      held.get(event.code)?.();
      held.delete(event.code);
    };
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
    };
  }, [context]);
}
