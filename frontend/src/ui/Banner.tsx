import { IconAlertTriangle, IconFlask, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Panels.module.css';

const ICONS = { warn: IconAlertTriangle, danger: IconAlertTriangle, info: IconInfoCircle, phantom: IconFlask };

interface BannerProps {
  kind: keyof typeof ICONS;
  children: ReactNode;
  testId: string;
}

/** One line across the page that must not be overlooked. */
export function Banner({ kind, children, testId }: BannerProps) {
  const Icon = ICONS[kind];
  return (
    <div className={classes.banner} data-tone={kind === 'phantom' ? 'info' : kind} role="status" data-testid={testId}>
      <Icon size={16} stroke={1.6} aria-hidden="true" />
      <span>{children}</span>
    </div>
  );
}
