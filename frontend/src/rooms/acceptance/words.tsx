import type { AcceptanceCase, AcceptanceDetail, AcceptanceSet, CaseState } from '@/contract/acceptance';
import type { Department } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';

const SET_TONES: Record<AcceptanceSet['state'], Tone> = { draft: 'neutral', running: 'info', reporting: 'info', finished: 'ok', canceled: 'warn' };

/** How far a set is; one that was accepted says so. */
export function SetMark({ set }: { set: AcceptanceSet }) {
  const { t } = useTexts();
  const isAccepted = set.accepted.length > 0;
  return (
    <Mark tone={isAccepted ? 'accent' : SET_TONES[set.state]} testId="set-state">
      {t(isAccepted ? 'acceptance.accepted' : `acceptance.states.${set.state}`)}
    </Mark>
  );
}

const CASE_TONES: Record<CaseState, Tone> = { waiting: 'neutral', running: 'info', done: 'ok', failed: 'danger', canceled: 'warn' };

export function CaseMark({ one }: { one: AcceptanceCase }) {
  const { t } = useTexts();
  return (
    <Mark tone={CASE_TONES[one.state]} testId="case-state">
      {t(`acceptance.caseStates.${one.state}`)}
    </Mark>
  );
}

/** A department in words; `null` is the whole hospital. */
export const placeOf = (department: Department | null, { t, pick }: Pick<Texts, 't' | 'pick'>): string => (department === null ? t('acceptance.wholeHospital') : pick(department.name));

/** A label of the version in the reader's language; one that it does not have is shown by its name. */
export function labelTitle(name: string, { labels }: Pick<AcceptanceDetail, 'labels'>, { pick }: Pick<Texts, 'pick'>): string {
  const found = labels.find((one) => one.name === name);
  return found === undefined ? name : pick(found.title);
}

/** What a case is held against, one phrase for each kind. */
export function referenceWords({ reference: { segmentation, marks, present } }: AcceptanceCase, set: AcceptanceDetail, texts: Pick<Texts, 't' | 'pick'>): string[] {
  const { t } = texts;
  const named = (names: readonly string[]): string => names.map((name) => labelTitle(name, set, texts)).join(', ');
  return [
    ...(segmentation === null ? [] : [t('acceptance.reference.outlines', { labels: named(Object.values(segmentation.labels)) })]),
    ...(marks === null ? [] : [marks.length === 0 ? t('acceptance.reference.noMark') : t('acceptance.reference.marks', { count: marks.length })]),
    ...(present === null ? [] : [t(present ? 'acceptance.reference.present' : 'acceptance.reference.absent')]),
  ];
}
