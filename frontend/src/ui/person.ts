import type { Patient, PersonName } from '@/contract/worklist';
import { formatName } from '@/i18n/format';
import type { Texts } from '@/i18n/language';

/** The name as people know it, and its Latin form where that is another one. */
export function namesOf(name: PersonName): { main: string | null; second: string | null } {
  const characters = written(name.ideographic);
  const latin = written(name.alphabetic);
  return characters === null ? { main: latin, second: null } : { main: characters, second: latin };
}

/** A component group in characters has no space between family and given name. */
function written(group: string | null): string | null {
  if (group === null || group.replaceAll('^', '').trim() === '') {
    return null;
  }
  return /\p{Script=Han}/u.test(group) ? group.replaceAll('^', '') : formatName(group);
}

/** Name to call a patient by; the patient's number where there is no name. */
export const callName = (patient: Patient): string => namesOf(patient.name).main ?? patient.patient_id;

/** A patient's number under the name of whoever gave it. */
export const numberOf = ({ patient_id, issuer }: Pick<Patient, 'patient_id' | 'issuer'>, t: Texts['t']): string =>
  t('common.patientNumber', { issuer: issuer ?? t('common.patientNumberBare'), number: patient_id });

export const sexOf = ({ sex }: Patient, t: Texts['t']): string => (sex === 'M' || sex === 'F' || sex === 'O' ? t(`common.sex.${sex}`) : '—');

/** Sex and age in words; what is not stated is said to be so. */
export function sexAndAge(patient: Patient, t: Texts['t']): string {
  const age = patient.age_years === null ? '—' : t('common.ageYears', { age: Math.floor(patient.age_years) });
  return `${sexOf(patient, t)} · ${age}`;
}
