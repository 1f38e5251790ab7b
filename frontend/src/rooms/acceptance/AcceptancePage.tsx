import { Button, Skeleton } from '@mantine/core';
import { IconAdjustments, IconClipboardCheck, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useAcceptanceSet, useAcceptanceSets } from '@/api/acceptance';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { AcceptanceSet, AcceptanceSets } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { TopBar } from '@/ui/TopBar';
import { NewSetDialog } from './NewSetDialog';
import { RequiredDialog } from './RequiredDialog';
import { SetPanel } from './SetPanel';
import { SetsList } from './SetsList';
import classes from './Acceptance.module.css';

/** Versions tried on the hospital's own cases before they are used. */
export function AcceptancePage() {
  const { t } = useTexts();
  const asked = useAcceptanceSets();
  const [dialog, setDialog] = useState<'new' | 'required' | null>(null);
  const [, setAddress] = useSearchParams();
  const all = asked.data;
  useKeys('acceptance', { newSet: () => setDialog(all === undefined ? null : 'new') });
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="acceptance-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('acceptance.title')}</h1>
          {all !== undefined && <Counts sets={all.sets} />}
          <span className={classes.hint}>{t('acceptance.hint')}</span>
          {all !== undefined && (
            <>
              <Button size="xs" variant="default" leftSection={<IconAdjustments size={15} stroke={1.6} />} onClick={() => setDialog('required')} data-testid="required">
                {t('acceptance.required.open')}
              </Button>
              <Button size="xs" leftSection={<IconPlus size={15} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.newSet)}</kbd>} onClick={() => setDialog('new')} data-testid="new-set">
                {t('acceptance.new')}
              </Button>
            </>
          )}
        </div>
        {asked.isError && all === undefined && <FailurePanel title={t('acceptance.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {all !== undefined && <Chosen all={all} />}
      </main>
      <NewSetDialog opened={dialog === 'new'} sets={all?.sets ?? []} onClose={() => setDialog(null)} onBegun={(id) => setAddress({ s: id }, { replace: true })} />
      <RequiredDialog settings={dialog === 'required' ? (all?.settings ?? null) : null} onClose={() => setDialog(null)} />
    </div>
  );
}

function Counts({ sets }: { sets: readonly AcceptanceSet[] }) {
  const { t } = useTexts();
  const working = sets.filter(({ state }) => state === 'running' || state === 'reporting').length;
  return (
    <span className={`${classes.counts ?? ''} numbers`} data-testid="counts">
      <Mark tone="neutral" dot={false}>
        {t('acceptance.count', { count: sets.length })}
      </Mark>
      {working > 0 && <Mark tone="info">{t('acceptance.workingCount', { count: working })}</Mark>}
    </span>
  );
}

/** The sets and the one that is chosen; the address names it, so that it can be linked to. */
function Chosen({ all: { sets } }: { all: AcceptanceSets }) {
  const { t } = useTexts();
  const [address, setAddress] = useSearchParams();
  const wanted = address.get('s');
  const chosen = sets.find(({ id }) => id === wanted) ?? sets[0] ?? null;
  const detail = useAcceptanceSet(chosen?.id ?? null);
  const select = (id: string): void => setAddress({ s: id }, { replace: true });
  const move = (step: 1 | -1): void => {
    const at = chosen === null ? -1 : sets.indexOf(chosen);
    const next = sets[Math.min(sets.length - 1, Math.max(0, at + step))];
    if (next !== undefined) {
      select(next.id);
    }
  };
  useKeys('acceptance', { nextSet: () => move(1), previousSet: () => move(-1) });
  if (chosen === null) {
    return <QuietPanel icon={<IconClipboardCheck size={28} stroke={1.6} />} title={t('acceptance.emptyTitle')} text={t('acceptance.emptyHelp')} testId="empty" />;
  }
  return (
    <div className={classes.split}>
      <div className={classes.list} tabIndex={0} role="region" aria-label={t('acceptance.title')}>
        <SetsList sets={sets} selected={chosen.id} onSelect={select} />
      </div>
      {detail.data !== undefined ? (
        <SetPanel key={detail.data.id} set={detail.data} onGone={() => setAddress({}, { replace: true })} />
      ) : (
        <section className={classes.panel}>
          {detail.isError ? <FailurePanel title={t('acceptance.failedTitle')} failure={detail.error} onRetry={() => void detail.refetch()} /> : <Skeleton m={16} height={320} radius={8} aria-label={t('common.loading')} />}
        </section>
      )}
    </div>
  );
}
