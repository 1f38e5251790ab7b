import type { StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { namesOf, numberOf, sexAndAge, sexOf } from '@/ui/person';
import classes from './Viewer.module.css';

/** Who this is: always in the same place. */
export function PatientChip({ study }: { study: StudyDetail }) {
  const { t, pick } = useTexts();
  const { main, second } = namesOf(study.patient.name);
  const { patient, study_date } = study;
  const facts = [
    patient.age_years === null ? sexOf(patient, t) : sexAndAge(patient, t),
    patient.birth_date === null ? null : t('viewer.patient.born', { date: patient.birth_date }),
    numberOf(patient, t),
    study_date === null ? null : t('viewer.patient.studyOf', { date: study_date }),
    pick(study.tenant.name),
  ];
  return (
    <div className={classes.patient} data-testid="patient-chip">
      <strong className={classes.patientName}>{main ?? study.patient.patient_id}</strong>
      {second !== null && <span className={classes.patientLatin}>{second}</span>}
      <span className={`${classes.patientFacts} numbers`} title={facts.filter(Boolean).join(' · ')}>
        {facts.filter((fact) => fact !== null && fact !== '').join(' · ')}
      </span>
    </div>
  );
}
