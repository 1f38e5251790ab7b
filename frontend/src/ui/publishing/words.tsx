import type { CheckLine, Submission, SubmissionState } from '@/contract/publishing';
import { useTexts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';

const STATES = {
  submitted: { word: 'submitted', tone: 'neutral' },
  checking: { word: 'checking', tone: 'info' },
  refused: { word: 'refused', tone: 'danger' },
  'in review': { word: 'inReview', tone: 'accent' },
  accepted: { word: 'accepted', tone: 'info' },
  published: { word: 'published', tone: 'ok' },
  declined: { word: 'declined', tone: 'danger' },
  yanked: { word: 'yanked', tone: 'danger' },
} as const satisfies Record<SubmissionState, { word: string; tone: Tone }>;

/** How far a package has come. */
export function StateMark({ state }: { state: SubmissionState }) {
  const { t } = useTexts();
  const { word, tone } = STATES[state];
  return (
    <Mark tone={tone} title={t(`publishing.stateLong.${word}`)} testId="submission-state">
      {t(`publishing.state.${word}`)}
    </Mark>
  );
}

const VERDICTS = { done: 'ok', failed: 'danger', exempt: 'neutral' } as const satisfies Record<CheckLine['verdict'], Tone>;

export function VerdictMark({ verdict }: { verdict: CheckLine['verdict'] }) {
  const { t } = useTexts();
  return <Mark tone={VERDICTS[verdict]}>{t(`publishing.verdict.${verdict}`)}</Mark>;
}

/** Research or cleared. */
export function UseMark({ status }: { status: Submission['status'] }) {
  const { t } = useTexts();
  return (
    <Mark tone={status === 'research' ? 'warn' : 'accent'} outline="solid" dot={false}>
      {t(`publishing.use.${status}`)}
    </Mark>
  );
}
