import { Button } from '@mantine/core';
import { useState } from 'react';
import { useDelivered } from '@/api/plugins';
import { useMayAdminister } from '@/api/session';
import { formatCount } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Plugins.module.css';

/** Whom to tell when a version was withdrawn: the studies that left the house with its results. */
export function Delivered({ versionId }: { versionId: string }) {
  const texts = useTexts();
  const { t, language } = texts;
  const [isAsked, setAsked] = useState(false);
  const mayAdminister = useMayAdminister();
  const { data, error } = useDelivered(versionId, isAsked);
  if (!mayAdminister) {
    return null;
  }
  if (!isAsked) {
    return (
      <Button size="compact-xs" variant="default" mt={6} onClick={() => setAsked(true)} data-testid="delivered-ask">
        {t('plugins.delivered.ask')}
      </Button>
    );
  }
  if (error !== null) {
    return <p role="alert">{failureWords(error, texts).what}</p>;
  }
  if (data === undefined) {
    return <p role="status">{t('common.loading')}</p>;
  }
  return (
    <div data-testid="delivered">
      <p>{data.length === 0 ? t('plugins.delivered.none') : t('plugins.delivered.some', { count: data.length, shown: formatCount(data.length, language) })}</p>
      {data.length > 0 && (
        <ul className={classes.not}>
          {data.map((study) => (
            <li key={study.study_id}>
              <span className="numbers">
                {study.study_date ?? '—'} · {study.accession_number || study.study_instance_uid}
              </span>{' '}
              → {study.destinations.join(', ')}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
