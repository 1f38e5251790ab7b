import { Button } from '@mantine/core';
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ContractError, RefusedError, UnreachableError } from '@/api/failures';
import { useTexts, type Texts } from '@/i18n/language';
import classes from './Panels.module.css';

interface FailureWords {
  what: string;
  help: string | null;
}

/** Say a failure in words for the reader, by whose fault it is. */
export function failureWords(failure: unknown, { t, pick }: Pick<Texts, 't' | 'pick'>): FailureWords {
  if (failure instanceof UnreachableError) {
    return { what: t('errors.unreachable'), help: t('errors.unreachableHelp') };
  }
  if (failure instanceof ContractError) {
    return { what: t('errors.contract'), help: t('errors.contractHelp') };
  }
  if (failure instanceof RefusedError) {
    const what = failure.detail === null ? null : pick(failure.detail);
    const fallback = failure.status === 404 ? t('errors.notFound') : t('errors.refused', { status: failure.status });
    return { what: what ?? fallback, help: null };
  }
  return { what: t('errors.crashed'), help: t('errors.crashedHelp') };
}

interface FailurePanelProps {
  title: string;
  failure: unknown;
  onRetry: () => void;
}

/** What went wrong and the one thing that can be done about it. */
export function FailurePanel({ title, failure, onRetry }: FailurePanelProps) {
  const texts = useTexts();
  const { what, help } = failureWords(failure, texts);
  const Icon = failure instanceof UnreachableError ? IconPlugConnectedX : IconAlertTriangle;
  return (
    <QuietPanel
      icon={<Icon size={28} stroke={1.6} />}
      title={title}
      text={[what, help].filter(Boolean).join(' ')}
      detail={failure instanceof ContractError ? failure.message : null}
      testId="failure"
      alert
      action={
        <Button size="sm" onClick={onRetry} data-testid="retry">
          {texts.t('common.retry')}
        </Button>
      }
    />
  );
}

interface QuietPanelProps {
  icon: ReactNode;
  title: string;
  text: string;
  detail?: string | null;
  action?: ReactNode;
  alert?: boolean;
  testId: string;
}

/** A centred word where there is nothing else to show: empty and failed states. */
export function QuietPanel({ icon, title, text, detail = null, action, alert = false, testId }: QuietPanelProps) {
  const { t } = useTexts();
  return (
    <div className={classes.quiet} role={alert ? 'alert' : 'status'} data-testid={testId}>
      <div className={classes.icon} data-alert={alert || undefined} aria-hidden="true">
        {icon}
      </div>
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.text}>{text}</p>
      {detail !== null && (
        <details className={classes.detail}>
          <summary>{t('errors.technical')}</summary>
          <pre>{detail}</pre>
        </details>
      )}
      {action}
    </div>
  );
}
