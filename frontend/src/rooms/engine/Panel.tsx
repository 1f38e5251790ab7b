import type { ReactNode } from 'react';
import { KEYS, shownKey, type KeyAction } from '@/app/keys';
import { useTexts } from '@/i18n/language';
import classes from './Engine.module.css';

interface PanelProps {
  id: string;
  title: string;
  /** Key that leads here. */
  action: KeyAction;
  children: ReactNode;
  /** What stands at the right of the head. */
  beside?: ReactNode;
  help?: string;
  quiet?: boolean;
}

/** One framed part of the page; its key puts the focus on it. */
export function Panel({ id, title, action, children, beside, help, quiet = false }: PanelProps) {
  return (
    <section id={panelId(id)} className={classes.panel} aria-labelledby={`${panelId(id)}-title`} tabIndex={-1} data-quiet={quiet || undefined} data-testid={`panel-${id}`}>
      <header className={classes.panelHead}>
        <h2 id={`${panelId(id)}-title`} className={classes.panelTitle} title={help}>
          {title}
        </h2>
        <div className={classes.beside}>
          {beside}
          <kbd className={classes.key} aria-hidden="true">
            {shownKey(KEYS[action])}
          </kbd>
        </div>
      </header>
      {children}
    </section>
  );
}

const panelId = (id: string): string => `engine-${id}`;

/** Put the focus on a panel and bring it into view. */
export function goTo(id: string): void {
  const panel = document.getElementById(panelId(id));
  panel?.scrollIntoView({ block: 'nearest' });
  panel?.focus({ preventScroll: true });
}

/** What a panel says where it has nothing to show; what is not told is not "none". */
export function Nothing({ known = true, children }: { known?: boolean; children: ReactNode }) {
  const { t } = useTexts();
  return <p className={classes.nothing}>{known ? children : t('engine.notTold')}</p>;
}
