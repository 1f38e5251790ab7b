import type { ArchiveQuery } from '@/contract/archives';

/** A question as it is written; what is empty is not asked. */
export type Question = Required<ArchiveQuery>;
export type QuestionField = keyof Question;
export type QuestionFault = 'pattern' | 'uid' | 'order' | 'bound';
export type QuestionFaults = Partial<Record<QuestionField, QuestionFault>>;

export const NO_QUESTION: Question = { patient_id: '', issuer_of_patient_id: '', accession_number: '', study_instance_uid: '', modality: '', from_date: '', until_date: '' };
/** Fields of which one has to be asked: else an archive would tell all that it holds. */
const BOUNDS = ['patient_id', 'accession_number', 'study_instance_uid', 'from_date'] as const;
const NO_PATTERN = ['patient_id', 'accession_number', 'study_instance_uid', 'modality'] as const;

/** What is asked: what is written, without spaces around it. */
export function queryOf(question: Question): ArchiveQuery {
  const written = Object.entries(question).map(([field, text]) => [field, text.trim()] as const);
  return Object.fromEntries(written.filter(([, text]) => text !== ''));
}

/** What is wrong with a question, by field; the platform holds the same against it. */
export function faultsOf(question: Question): QuestionFaults {
  const query = queryOf(question);
  const patterns = NO_PATTERN.filter((field) => /[*?\\]/.test(query[field] ?? ''));
  const { study_instance_uid: uid, from_date: from, until_date: until } = query;
  return {
    ...(BOUNDS.some((field) => query[field] !== undefined) ? {} : { patient_id: 'bound' }),
    ...(uid !== undefined && !/^[\d.]{1,64}$/.test(uid) ? { study_instance_uid: 'uid' } : {}),
    ...Object.fromEntries(patterns.map((field) => [field, 'pattern'])),
    ...(from !== undefined && until !== undefined && until < from ? { until_date: 'order' } : {}),
  };
}
