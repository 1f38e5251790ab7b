import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useShareUsage, useUsageSharing } from '@/api/catalogue';
import type { UsageSharing } from '@/contract/catalogue';
import { formatMonth } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { Question } from './Question';
import classes from './Catalogue.module.css';

const MONTH_CHARACTERS = 'YYYY-MM'.length;

/** Whether the hospital's studies count in the sums that vendors read. */
export function SharingPart() {
  const { t } = useTexts();
  const asked = useUsageSharing();
  return (
    <section className={classes.panel} aria-labelledby="sharing-title" data-testid="sharing">
      <header className={classes.panelHead}>
        <h2 id="sharing-title" className={classes.panelTitle}>
          {t('catalogue.sharing.title')}
        </h2>
        {asked.data !== undefined && <Sharing said={asked.data} />}
      </header>
      {asked.isError && asked.data === undefined && <FailurePanel title={t('catalogue.sharing.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.data !== undefined && <p className={classes.words}>{t('catalogue.sharing.help')}</p>}
    </section>
  );
}

function Sharing({ said: { shares, since } }: { said: UsageSharing }) {
  const { t, language } = useTexts();
  const order = useShareUsage();
  const [isAsked, setAsked] = useState(false);
  const turn = shares ? 'no' : 'yes';
  const go = (): void =>
    order.mutate(!shares, {
      onSuccess: () => {
        setAsked(false);
        notifications.show({ message: t(`catalogue.sharing.done.${turn}`), color: 'teal' });
      },
    });
  return (
    <>
      <Mark tone={shares ? 'ok' : 'neutral'} testId="sharing-state">
        {t(shares ? 'catalogue.sharing.shared' : 'catalogue.sharing.notShared')}
      </Mark>
      {since !== null && (
        <span className={classes.under} data-testid="sharing-since">
          {t('catalogue.sharing.since', { month: formatMonth(since.slice(0, MONTH_CHARACTERS), language) })}
        </span>
      )}
      <span className={classes.acts}>
        <Button size="compact-sm" variant="default" onClick={() => setAsked(true)} data-testid="sharing-turn">
          {t(`catalogue.sharing.acts.${turn}`)}
        </Button>
      </span>
      <Question
        opened={isAsked}
        title={t(`catalogue.sharing.ask.${turn}`)}
        lines={turn === 'yes' ? [t('catalogue.sharing.follows.begins'), t('catalogue.sharing.follows.sums'), t('catalogue.sharing.follows.back')] : [t('catalogue.sharing.follows.ends'), t('catalogue.sharing.follows.begun'), t('catalogue.sharing.follows.told')]}
        confirm={t(`catalogue.sharing.acts.${turn}`)}
        order={order}
        onConfirm={go}
        onClose={() => setAsked(false)}
      />
    </>
  );
}
