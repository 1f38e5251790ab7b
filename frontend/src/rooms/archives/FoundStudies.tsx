import { Button, Checkbox } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useFetchStudies } from '@/api/archives';
import type { ArchivedStudy } from '@/contract/archives';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import classes from './Archives.module.css';

const COLUMNS = ['study', 'patient', 'accession', 'date', 'images'] as const;

const isHere = ({ instances_here: here, instance_count: all }: ArchivedStudy): boolean => all !== null && here >= all && here > 0;

interface FoundStudiesProps {
  archiveId: string;
  studies: readonly ArchivedStudy[];
  onFetched: () => void;
}

/** What the archive answered; the chosen ones are fetched. */
export function FoundStudies({ archiveId, studies, onFetched }: FoundStudiesProps) {
  const texts = useTexts();
  const { t } = texts;
  const order = useFetchStudies();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAtOnce, setAtOnce] = useState(false);
  const missing = studies.filter((one) => !isHere(one)).map(({ study_instance_uid: uid }) => uid);
  const turn = (uid: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) {
      next.add(uid);
    } else {
      next.delete(uid);
    }
    setChosen(next);
  };
  const go = (): void =>
    order.mutate(
      { archive_id: archiveId, outside_window: isAtOnce, study_instance_uids: [...chosen] },
      {
        onSuccess: ({ length: count }) => {
          notifications.show({ message: t('archives.queued', { count }), color: 'teal' });
          onFetched();
        },
      },
    );
  return (
    <>
      <div className={classes.tools}>
        <strong className="numbers" role="status" data-testid="found-count">
          {t('archives.found.count', { count: studies.length })}
        </strong>
        <Button size="xs" variant="default" onClick={() => setChosen(new Set(missing))} disabled={missing.length === 0} data-testid="choose-missing">
          {t('archives.found.chooseMissing', { count: missing.length })}
        </Button>
        <Checkbox size="xs" className={classes.push ?? ''} label={t('archives.outsideWindow')} checked={isAtOnce} onChange={(event) => setAtOnce(event.currentTarget.checked)} data-testid="at-once" />
        <Button size="xs" leftSection={<IconDownload size={14} stroke={1.6} />} onClick={go} loading={order.isPending} disabled={chosen.size === 0} data-testid="fetch">
          {t('archives.found.fetch', { count: chosen.size })}
        </Button>
      </div>
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="fetch-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <div className={classes.list} tabIndex={0} role="region" aria-label={t('archives.found.title')}>
        <table className={classes.table} data-testid="found">
          <thead>
            <tr>
              <th scope="col">
                <span className="only-read-aloud">{t('archives.found.columns.choose')}</span>
              </th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">
                  {t(`archives.found.columns.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {studies.map((study) => (
              <StudyRow key={study.study_instance_uid} study={study} isChosen={chosen.has(study.study_instance_uid)} onTurn={(isChosen) => turn(study.study_instance_uid, isChosen)} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function StudyRow({ study, isChosen, onTurn }: { study: ArchivedStudy; isChosen: boolean; onTurn: (isChosen: boolean) => void }) {
  const { t } = useTexts();
  const unsaid = t('common.notStated');
  const { study_instance_uid: uid, instances_here: here, instance_count: all, series_count: series } = study;
  const what = study.description ?? t('archives.found.noDescription');
  return (
    <tr data-testid="found-row" data-uid={uid}>
      <td>
        <Checkbox size="xs" aria-label={t('archives.found.chooseOne', { what, uid })} checked={isChosen} onChange={(event) => onTurn(event.currentTarget.checked)} data-testid="choose" />
      </td>
      <td>
        <span className={classes.name}>{[study.modalities.join(', '), what].filter(Boolean).join(' · ')}</span>
        <span className={`${classes.under ?? ''} numbers`}>{uid}</span>
      </td>
      <td className="numbers">
        {study.patient_id ?? unsaid}
        {study.issuer_of_patient_id !== null && <span className={classes.under}>{study.issuer_of_patient_id}</span>}
      </td>
      <td className="numbers">{study.accession_number ?? unsaid}</td>
      <td className="numbers">{study.study_date ?? unsaid}</td>
      <td className="numbers">
        {all === null ? unsaid : t('archives.images', { count: all })}
        {series !== null && <span className={classes.under}>{t('archives.series', { count: series })}</span>}
        {isHere(study) ? <Mark tone="ok">{t('archives.found.here')}</Mark> : here > 0 && <Mark tone="info">{t('archives.found.partlyHere', { count: here })}</Mark>}
      </td>
    </tr>
  );
}
