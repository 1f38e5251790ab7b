import { IconChecklist } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useQueue } from '@/api/publishing';
import type { Review } from '@/contract/publishing';
import { formatAgo } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { StateMark } from '@/ui/publishing/words';
import { TopBar } from '@/ui/TopBar';
import classes from '@/ui/publishing/Publishing.module.css';
import { ReviewPanel } from './ReviewPanel';

/** What vendors have handed in and waits for an operator's word. */
export function ReviewPage() {
  const { t } = useTexts();
  const asked = useQueue();
  const cases = asked.data;
  const waiting = cases?.filter(({ state }) => state === 'in review').length ?? 0;
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="review-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('review.title')}</h1>
          {cases !== undefined && (
            <Mark tone={waiting > 0 ? 'accent' : 'neutral'} testId="waiting">
              {t('review.waiting', { count: waiting })}
            </Mark>
          )}
          <span className={classes.under}>{t('review.hint')}</span>
        </div>
        {asked.isError && cases === undefined && <FailurePanel title={t('review.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {cases !== undefined && <Chosen cases={cases} nowMs={asked.dataUpdatedAt} />}
      </main>
    </div>
  );
}

/** The queue and the case that is chosen; the address names it. */
function Chosen({ cases, nowMs }: { cases: readonly Review[]; nowMs: number }) {
  const { t } = useTexts();
  const [address, setAddress] = useSearchParams();
  const chosen = cases.find(({ id }) => id === address.get('s')) ?? cases[0];
  if (chosen === undefined) {
    return <QuietPanel icon={<IconChecklist size={28} stroke={1.6} />} title={t('review.emptyTitle')} text={t('review.emptyHelp')} testId="empty" />;
  }
  return (
    <div className={classes.split}>
      <div className={classes.list} role="region" aria-label={t('review.title')} tabIndex={0}>
        <ul className={classes.rows} data-testid="cases">
          {cases.map((one) => (
            <Row key={one.id} one={one} nowMs={nowMs} isSelected={one.id === chosen.id} onSelect={() => setAddress({ s: one.id }, { replace: true })} />
          ))}
        </ul>
      </div>
      <ReviewPanel key={chosen.id} one={chosen} />
    </div>
  );
}

function Row({ one, nowMs, isSelected, onSelect }: { one: Review; nowMs: number; isSelected: boolean; onSelect: () => void }) {
  const { t, pick, language } = useTexts();
  return (
    <li data-selected={isSelected || undefined} data-testid="case-row" data-version={one.version} data-state={one.state}>
      <div className={classes.row}>
        <button type="button" className={classes.name} aria-pressed={isSelected} onClick={onSelect}>
          {pick(one.title)} <span className="numbers">{one.version}</span>
        </button>
        <StateMark state={one.state} />
      </div>
      <span className={classes.under}>{t('review.from', { tenant: pick(one.tenant.name), ago: formatAgo(one.since, nowMs, language) })}</span>
    </li>
  );
}
