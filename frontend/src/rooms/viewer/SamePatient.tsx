import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useLinkPatients, usePatientCandidates } from '@/api/patient';
import { useMayLink } from '@/api/session';
import type { PatientNumber } from '@/contract/patient';
import type { StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { numberOf } from '@/ui/person';
import classes from './InfoCell.module.css';

/** Other numbers of perhaps the same person. Offered, never merged: a person says yes or no, and may think again. */
export function SamePatient({ study }: { study: StudyDetail }) {
  const texts = useTexts();
  const { t } = texts;
  const mayLink = useMayLink(study.tenant.id);
  const { data } = usePatientCandidates(study.study_id);
  const { mutate, isPending } = useLinkPatients(study.study_id);
  const decided = data?.decided.filter(({ same }) => same || mayLink) ?? [];
  if (data === undefined || data.candidates.length + decided.length === 0) {
    return null;
  }
  const say = (other: PatientNumber, same: boolean): void =>
    mutate(
      { patientId: data.patient.id, otherId: other.id, same },
      {
        onError: (failure) =>
          notifications.show({
            color: 'red',
            closeButtonProps: { 'aria-label': t('common.close') },
            title: t('viewer.toasts.linkFailed'),
            message: failureWords(failure, texts).what,
          }),
      },
    );
  return (
    <section aria-label={t('viewer.same.title')} data-testid="same-patient">
      <h3 className={classes.head}>{t('viewer.same.title')}</h3>
      <ul className={classes.numbers}>
        {data.candidates.map((other) => (
          <li key={other.id} data-testid="same-candidate">
            <Mark tone="warn" outline="dashed">
              {t('viewer.same.maybe')}
            </Mark>
            <span className="numbers" title={t('viewer.same.why')}>
              {numberOf(other, t)}
            </span>
            {mayLink && (
              <span className={classes.acts}>
                <Button size="compact-xs" variant="light" onClick={() => say(other, true)} disabled={isPending} data-testid="same-yes">
                  {t('viewer.same.yes')}
                </Button>
                <Button size="compact-xs" variant="default" onClick={() => say(other, false)} disabled={isPending} data-testid="same-no">
                  {t('viewer.same.no')}
                </Button>
              </span>
            )}
          </li>
        ))}
        {decided.map(({ patient, same, by }) => (
          <li key={patient.id} data-testid="same-decided" data-same={same}>
            <Mark tone={same ? 'ok' : 'neutral'} title={t('viewer.same.by', { by })}>
              {same ? t('viewer.same.isSame') : t('viewer.same.isOther')}
            </Mark>
            <span className={same ? 'numbers' : `numbers ${classes.dim}`}>{numberOf(patient, t)}</span>
            {mayLink && (
              <span className={classes.acts}>
                <Button size="compact-xs" variant="subtle" color="gray" onClick={() => say(patient, !same)} disabled={isPending} data-testid="same-change">
                  {same ? t('viewer.same.no') : t('viewer.same.yes')}
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
