import type { ReactNode } from 'react';
import classes from './Mark.module.css';

export type Tone = 'neutral' | 'accent' | 'info' | 'warn' | 'danger' | 'ok';

interface MarkProps {
  tone: Tone;
  children: ReactNode;
  /** Dashed: made by a machine and judged by nobody yet. */
  outline?: 'none' | 'solid' | 'dashed';
  struck?: boolean;
  dot?: boolean;
  title?: string;
  testId?: string;
}

/** A small word with a dot: colour never stands alone. */
export function Mark({ tone, children, outline = 'none', struck = false, dot = true, title, testId }: MarkProps) {
  return (
    <span className={classes.mark} data-tone={tone} data-outline={outline} data-struck={struck || undefined} title={title} data-testid={testId}>
      {dot && <span className={classes.dot} aria-hidden="true" />}
      <span className={classes.word}>{children}</span>
    </span>
  );
}
