import { Button } from '@mantine/core';
import { IconPackageExport } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useSubmissions } from '@/api/publishing';
import type { Submission } from '@/contract/publishing';
import { formatAgo } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { StateMark } from '@/ui/publishing/words';
import classes from '@/ui/publishing/Publishing.module.css';
import { SubmissionPanel } from './SubmissionPanel';

/** Everything that was handed in, and the one that is chosen; the address names it. */
export function Submissions({ onSubmit }: { onSubmit: () => void }) {
  const { t } = useTexts();
  const asked = useSubmissions();
  const [address, setAddress] = useSearchParams();
  const all = asked.data;
  if (all === undefined) {
    return asked.isError ? <FailurePanel title={t('vendor.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} /> : null;
  }
  const chosen = all.find(({ id }) => id === address.get('s')) ?? all[0];
  if (chosen === undefined) {
    return (
      <QuietPanel
        icon={<IconPackageExport size={28} stroke={1.6} />}
        title={t('vendor.emptyTitle')}
        text={t('vendor.emptyHelp')}
        testId="empty"
        action={
          <Button size="sm" variant="light" onClick={onSubmit}>
            {t('vendor.submit')}
          </Button>
        }
      />
    );
  }
  return (
    <div className={classes.split} style={{ flex: 1 }}>
      <div className={classes.list} role="region" aria-label={t('vendor.tabs.submissions')} tabIndex={0}>
        <ul className={classes.rows} data-testid="submissions">
          {all.map((one) => (
            <Row key={one.id} one={one} nowMs={asked.dataUpdatedAt} isSelected={one.id === chosen.id} onSelect={() => setAddress({ s: one.id }, { replace: true })} />
          ))}
        </ul>
      </div>
      <SubmissionPanel key={chosen.id} one={chosen} />
    </div>
  );
}

function Row({ one, nowMs, isSelected, onSelect }: { one: Submission; nowMs: number; isSelected: boolean; onSelect: () => void }) {
  const { t, pick, language } = useTexts();
  return (
    <li data-selected={isSelected || undefined} data-testid="submission-row" data-version={one.version} data-state={one.state}>
      <div className={classes.row}>
        <button type="button" className={classes.name} aria-pressed={isSelected} onClick={onSelect}>
          {pick(one.title)} <span className="numbers">{one.version}</span>
        </button>
        <StateMark state={one.state} />
      </div>
      <span className={classes.under}>{t('vendor.submittedBy', { id: one.plugin_id, by: one.submitted_by, ago: formatAgo(one.submitted_at, nowMs, language) })}</span>
    </li>
  );
}
