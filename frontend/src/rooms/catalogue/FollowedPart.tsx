import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBooks } from '@tabler/icons-react';
import { useState } from 'react';
import { useFollowedCatalogue, useStopFollowing, useSync } from '@/api/catalogue';
import { RefusedError } from '@/api/failures';
import type { Catalogue } from '@/contract/catalogue';
import { formatExact, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { CopyText } from '@/ui/CopyText';
import { FailurePanel, QuietPanel, failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { Entries } from './Entries';
import { FollowDialog } from './FollowDialog';
import { Question } from './Question';
import classes from './Catalogue.module.css';

/** The catalogue that the hospital follows, or how to begin. */
export function FollowedPart() {
  const { t } = useTexts();
  const asked = useFollowedCatalogue();
  const [isNaming, setNaming] = useState(false);
  const catalogue = asked.data?.catalogue;
  return (
    <section className={classes.panel} aria-labelledby="followed-title" data-testid="followed">
      <header className={classes.panelHead}>
        <h2 id="followed-title" className={classes.panelTitle}>
          {t('catalogue.followed.title')}
        </h2>
        {catalogue != null && <Acts catalogue={catalogue} onAnother={() => setNaming(true)} />}
      </header>
      {asked.isError && asked.data === undefined && <FailurePanel title={t('catalogue.followed.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
      {catalogue === null && (
        <QuietPanel
          icon={<IconBooks size={28} stroke={1.6} />}
          title={t('catalogue.followed.emptyTitle')}
          text={t('catalogue.followed.emptyHelp')}
          testId="empty"
          action={
            <Button size="sm" onClick={() => setNaming(true)} data-testid="follow">
              {t('catalogue.followed.follow')}
            </Button>
          }
        />
      )}
      {catalogue != null && (
        <>
          <Standing catalogue={catalogue} />
          <Facts catalogue={catalogue} />
          <Entries catalogue={catalogue} />
        </>
      )}
      <FollowDialog opened={isNaming} before={catalogue?.location ?? null} onClose={() => setNaming(false)} />
    </section>
  );
}

/** Whether nothing is wrong: somebody else, or the clock, reads the catalogue at this moment. */
const isBusy = (failure: unknown): boolean => failure instanceof RefusedError && failure.code === 'catalogue_busy';

function Acts({ catalogue, onAnother }: { catalogue: Catalogue; onAnother: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const sync = useSync();
  const stop = useStopFollowing();
  const [isStopping, setStopping] = useState(false);
  const read = (): void =>
    sync.mutate(undefined, {
      onSuccess: ({ catalogue: now }) => {
        if (now?.fault === null) {
          notifications.show({ message: t('catalogue.followed.synced', { count: now.entries.length }), color: 'teal' });
        }
      },
    });
  const forget = (): void =>
    stop.mutate(undefined, {
      onSuccess: () => {
        setStopping(false);
        notifications.show({ message: t('catalogue.followed.stopped'), color: 'teal' });
      },
    });
  return (
    <>
      <span className={classes.acts}>
        {isBusy(sync.error) && (
          <span className={classes.under} role="status" data-testid="sync-busy">
            {t('catalogue.followed.busy')}
          </span>
        )}
        {sync.isError && !isBusy(sync.error) && (
          <span className={classes.refused} role="alert" data-testid="sync-refused">
            {failureWords(sync.error, texts).what}
          </span>
        )}
        <Button size="compact-sm" loading={sync.isPending} onClick={read} data-testid="sync">
          {t('catalogue.followed.sync')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onAnother} data-testid="another">
          {t('catalogue.followed.another')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => setStopping(true)} data-testid="stop">
          {t('catalogue.followed.stop')}
        </Button>
      </span>
      <Question
        opened={isStopping}
        title={t('catalogue.followed.stopTitle', { location: catalogue.location })}
        lines={(['news', 'runs', 'keys'] as const).map((line) => t(`catalogue.followed.stopFollows.${line}`))}
        confirm={t('catalogue.followed.stop')}
        isDanger
        order={stop}
        onConfirm={forget}
        onClose={() => setStopping(false)}
      />
    </>
  );
}

/** What stands against believing it: too old, or not read when it was tried last. */
function Standing({ catalogue: { stale, fault, tried_at } }: { catalogue: Catalogue }) {
  const { t, pick, language } = useTexts();
  return (
    <>
      {stale && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="stale">
          <strong>{t('catalogue.followed.staleTitle')}</strong>
          <p>{t('catalogue.followed.staleHelp')}</p>
        </div>
      )}
      {fault !== null && (
        <div className={classes.notice} data-tone="warn" role="status" data-testid="fault">
          <strong>{t('catalogue.followed.faultTitle', { time: tried_at === null ? t('common.notStated') : formatExact(tried_at, language) })}</strong>
          <p>{pick(fault)}</p>
        </div>
      )}
    </>
  );
}

function Facts({ catalogue }: { catalogue: Catalogue }) {
  const { t, language } = useTexts();
  const { age_s: age, read_at: readAt, expires } = catalogue;
  return (
    <dl className={classes.facts}>
      <div>
        <dt>{t('catalogue.followed.location')}</dt>
        <dd>
          <CopyText value={catalogue.location} what={t('catalogue.followed.location')} testId="location" />
        </dd>
      </div>
      <div>
        <dt>{t('catalogue.followed.fingerprint')}</dt>
        <dd>
          <CopyText value={catalogue.fingerprint} what={t('catalogue.followed.fingerprint')} testId="fingerprint" />
          <span className={classes.under}>{t('catalogue.followed.fingerprintHelp')}</span>
        </dd>
      </div>
      <div>
        <dt>{t('catalogue.followed.read')}</dt>
        <dd data-testid="age">
          {age === null || readAt === null ? t('catalogue.followed.neverRead') : t('catalogue.followed.readAgo', { span: formatSpan(age, language), time: formatExact(readAt, language) })}
        </dd>
      </div>
      <div>
        <dt>{t('catalogue.followed.expires')}</dt>
        <dd>
          {expires === null ? t('common.notStated') : formatExact(expires, language)} {catalogue.stale && <Mark tone="danger">{t('catalogue.followed.stale')}</Mark>}
        </dd>
      </div>
      <div>
        <dt>{t('catalogue.followed.named')}</dt>
        <dd>{t('catalogue.followed.namedBy', { time: formatExact(catalogue.named_at, language), by: catalogue.named_by || '—' })}</dd>
      </div>
    </dl>
  );
}
