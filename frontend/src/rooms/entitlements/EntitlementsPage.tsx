import { Button } from '@mantine/core';
import { IconPlus, IconTicket } from '@tabler/icons-react';
import { useState } from 'react';
import { useEntitlements } from '@/api/entitlements';
import { useVersions } from '@/api/plugins';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { Entitlement, Entitlements } from '@/contract/entitlements';
import { formatExact, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { CopyText } from '@/ui/CopyText';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { TopBar } from '@/ui/TopBar';
import { AddTokenDialog } from './AddTokenDialog';
import { RemoveQuestion } from './RemoveQuestion';
import { needingCare } from './standing';
import { Tokens } from './Tokens';
import { UsagePart } from './UsagePart';
import classes from './Entitlements.module.css';

/** What publishers allow the hospital, and what it has used. */
export function EntitlementsPage() {
  const { t } = useTexts();
  const asked = useEntitlements();
  const [adding, setAdding] = useState(false);
  const isThere = asked.data !== undefined;
  useKeys('entitlements', { addToken: () => setAdding(isThere) });
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="entitlements-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('entitlements.title')}</h1>
          {asked.data !== undefined && <Counts all={asked.data.entitlements} />}
          {asked.data !== undefined && (
            <Button className={classes.add} size="xs" leftSection={<IconPlus size={15} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.addToken)}</kbd>} onClick={() => setAdding(true)} data-testid="add-token">
              {t('entitlements.add')}
            </Button>
          )}
        </div>
        {asked.isError && asked.data === undefined && <FailurePanel title={t('entitlements.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {asked.data !== undefined && <Entitled all={asked.data} />}
        {asked.data !== undefined && <UsagePart />}
      </main>
      <AddTokenDialog opened={adding} onClose={() => setAdding(false)} />
    </div>
  );
}

function Counts({ all }: { all: readonly Entitlement[] }) {
  const { t } = useTexts();
  const care = needingCare(all).length;
  return (
    <span className={`${classes.counts ?? ''} numbers`} data-testid="counts">
      <Mark tone="neutral" dot={false}>
        {t('entitlements.count', { count: all.length })}
      </Mark>
      {care > 0 && <Mark tone="warn">{t('entitlements.careCount', { count: care })}</Mark>}
    </span>
  );
}

/** The tokens, what time counts for them, and how the hospital is called in one. */
function Entitled({ all: { hospital, clock, entitlements } }: { all: Entitlements }) {
  const { t, language } = useTexts();
  const { data: known } = useVersions();
  const [asked, setAsked] = useState<Entitlement | null>(null);
  return (
    <section className={classes.panel} aria-labelledby="tokens-title">
      <header className={classes.panelHead}>
        <h2 id="tokens-title" className={classes.panelTitle}>
          {t('entitlements.tokens')}
        </h2>
        <span className={classes.hospital}>
          <span>{t('entitlements.forPublishers')}</span>
          <CopyText value={hospital.tenant} what={t('entitlements.forPublishers')} testId="hospital" />
        </span>
      </header>
      {clock.behind_s !== null && (
        <div className={classes.notice} data-tone="warn" role="status" data-testid="clock">
          <strong>{t('entitlements.clock.title', { span: formatSpan(clock.behind_s, language) })}</strong>
          <p>{t('entitlements.clock.help', { time: formatExact(clock.at, language) })}</p>
        </div>
      )}
      {entitlements.length === 0 ? (
        <QuietPanel icon={<IconTicket size={28} stroke={1.6} />} title={t('entitlements.emptyTitle')} text={t('entitlements.emptyHelp')} testId="empty" />
      ) : (
        <Tokens entitlements={entitlements} known={known} at={clock.at} onRemove={setAsked} />
      )}
      <RemoveQuestion asked={asked} known={known} onClose={() => setAsked(null)} />
    </section>
  );
}
