import { Button, Progress, Select } from '@mantine/core';
import { IconDownload, IconListDetails } from '@tabler/icons-react';
import { useState } from 'react';
import { isUnderWay, useCancelRetrieval, useRetrievals } from '@/api/archives';
import { RETRIEVAL_STATES, type Retrieval, type RetrievalState, type SourceArchive } from '@/contract/archives';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords, FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { ListDialog } from './ListDialog';
import { RetrievalMark, waitsFor } from './words';
import classes from './Archives.module.css';

const COLUMNS = ['study', 'archive', 'state', 'progress', 'asked'] as const;

/** What was asked for and how far it is; it keeps itself up to date. */
export function RequestsPart({ archives }: { archives: readonly SourceArchive[] }) {
  const { t } = useTexts();
  const [state, setState] = useState<RetrievalState | null>(null);
  const [pasting, setPasting] = useState(false);
  const asked = useRetrievals(state);
  const { data: rows } = asked;
  return (
    <>
      <div className={classes.tools}>
        <Select
          size="xs"
          label={t('archives.requests.state')}
          placeholder={t('archives.requests.every')}
          data={RETRIEVAL_STATES.map((value) => ({ value, label: t(`archives.states.${value}`) }))}
          value={state}
          onChange={(value) => setState(RETRIEVAL_STATES.find((one) => one === value) ?? null)}
          clearable
          data-testid="filter-state"
        />
        <Button size="xs" leftSection={<IconListDetails size={15} stroke={1.6} />} onClick={() => setPasting(true)} disabled={archives.length === 0} data-testid="paste-list">
          {t('archives.list.open')}
        </Button>
        {rows !== undefined && (
          <span className={`${classes.hint ?? ''} numbers`} data-testid="under-way">
            {t('archives.requests.underWay', { count: rows.filter(isUnderWay).length })}
          </span>
        )}
      </div>
      {asked.isError && rows === undefined && <FailurePanel title={t('archives.requests.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
      {rows?.length === 0 && <QuietPanel icon={<IconDownload size={28} stroke={1.6} />} title={t('archives.requests.emptyTitle')} text={t('archives.requests.emptyHelp')} testId="no-request" />}
      {rows !== undefined && rows.length > 0 && <RequestsTable rows={rows} archives={archives} atMs={asked.dataUpdatedAt} />}
      <ListDialog opened={pasting} archives={archives} onClose={() => setPasting(false)} />
    </>
  );
}

function RequestsTable({ rows, archives, atMs }: { rows: readonly Retrieval[]; archives: readonly SourceArchive[]; atMs: number }) {
  const { t } = useTexts();
  return (
    <div className={classes.list} tabIndex={0} role="region" aria-label={t('archives.tabs.requests')}>
      <table className={classes.table} data-testid="requests">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`archives.requests.columns.${column}`)}
              </th>
            ))}
            <th scope="col">
              <span className="only-read-aloud">{t('archives.columns.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <RequestRow key={one.id} one={one} archive={archives.find(({ name }) => name === one.archive)} atMs={atMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RequestRow({ one, archive, atMs }: { one: Retrieval; archive: SourceArchive | undefined; atMs: number }) {
  const texts = useTexts();
  const { t, language } = texts;
  const cancel = useCancelRetrieval();
  const number = one.accession_number ?? one.study_instance_uid ?? '';
  return (
    <tr data-testid="request-row" data-state={one.state}>
      <td className="numbers">
        <span className={classes.name}>{number}</span>
        {one.accession_number !== null && one.study_instance_uid !== null && <span className={classes.under}>{one.study_instance_uid}</span>}
        {one.series_instance_uids.length > 0 && <span className={classes.under}>{t('archives.series', { count: one.series_instance_uids.length })}</span>}
      </td>
      <td>
        {one.archive}
        {one.purpose === 'prior' ? <span className={classes.under}>{t('archives.requests.prior')}</span> : one.outside_window && <span className={classes.under}>{t('archives.requests.atOnce')}</span>}
      </td>
      <td>
        <RetrievalMark state={one.state} />
        {one.state === 'waiting' && (
          <span className={classes.under} data-testid="waits-for">
            {waitsFor(one, archive, atMs, texts)}
          </span>
        )}
        {one.last_error !== null && (
          <span className={classes.words} data-testid="peer-words">
            {t('archives.requests.peer', { error: one.last_error })}
          </span>
        )}
      </td>
      <td>
        <ProgressCell one={one} />
      </td>
      <td className="numbers">
        {formatExact(one.created_at, language)}
        <span className={classes.under}>{one.asked_by}</span>
      </td>
      <td>
        {isUnderWay(one) && (
          <span className={classes.acts}>
            <Button size="compact-sm" variant="default" loading={cancel.isPending} aria-label={t('archives.requests.cancelOf', { number })} onClick={() => cancel.mutate(one.id)} data-testid="cancel-request">
              {t('common.cancel')}
            </Button>
          </span>
        )}
        {cancel.isError && (
          <span className={classes.words} role="alert">
            {failureWords(cancel.error, texts).what}
          </span>
        )}
      </td>
    </tr>
  );
}

/** Images that are here, of those that the archive counts. */
function ProgressCell({ one }: { one: Retrieval }) {
  const { instances_here: here, instances_expected: expected, suboperations_failed: failed } = one;
  const { t } = useTexts();
  if (expected === null) {
    return <span className={classes.under}>{isUnderWay(one) ? t('archives.requests.notAsked') : '—'}</span>;
  }
  const share = expected === 0 ? 100 : Math.min(100, (here / expected) * 100);
  const words = t('archives.requests.images', { here, expected });
  return (
    <div className={`${classes.progress ?? ''} numbers`} data-testid="progress">
      {words}
      <Progress value={share} size="xs" mt={4} aria-label={words} />
      {failed > 0 && <Mark tone="warn">{t('archives.requests.refusedImages', { count: failed })}</Mark>}
    </div>
  );
}
