import type { AiSummary, Fault } from '@/contract/worklist';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';
import { reasonUnder } from '@/ui/reasons';
import classes from './AiChip.module.css';

interface Shown {
  tone: Tone;
  word: string;
  /** A second line: why, or whose fault. */
  why: string | null;
}

const TONES: Record<AiSummary['state'], Tone> = {
  none: 'neutral',
  scheduled: 'neutral',
  in_progress: 'info',
  completed: 'accent',
  failed: 'danger',
  not_evaluable: 'warn',
};

/** State of the AI for one study, in a dot, a word and, where it matters, a reason. */
export function AiChip({ ai }: { ai: AiSummary }) {
  const texts = useTexts();
  const { tone, word, why } = shownOf(ai, texts);
  return (
    <div className={classes.chip} data-testid="ai-chip" data-state={ai.state} title={[word, why].filter(Boolean).join(' — ')}>
      <Mark tone={tone}>{word}</Mark>
      {ai.state === 'in_progress' && <ProgressLine share={ai.progress} />}
      {why !== null && (
        <span className={classes.why} data-tone={tone}>
          {why}
        </span>
      )}
    </div>
  );
}

/** A bar of 3 px; without a known share it says only that something is going on. */
export function ProgressLine({ share }: { share: number | null }) {
  return (
    <span className={classes.track} aria-hidden="true" data-unknown={share === null || undefined}>
      <span className={classes.fill} style={share === null ? undefined : { width: `${share * 100}%` }} />
    </span>
  );
}

function shownOf(ai: AiSummary, { t, pick }: Texts): Shown {
  const word = t(`worklist.ai.${ai.state}`);
  const reasons = ai.reasons.map((reason) => reasonUnder(word, pick(reason))).join(' · ') || null;
  const tone = ai.state === 'completed' && ai.finding_count === 0 ? 'neutral' : TONES[ai.state];
  switch (ai.state) {
    case 'none':
    case 'not_evaluable':
      return { tone, word, why: reasons ?? t('worklist.whyUnknown') };
    case 'failed':
      return { tone, word, why: [faultLine(ai.fault, t), reasons].filter(Boolean).join(' · ') || null };
    case 'in_progress':
      return { tone, word: progressWord(ai.progress, t), why: null };
    case 'completed':
      // A study can be judged in part: what could not be is told beside what was found.
      return { tone, word: countWord(ai.finding_count, t), why: reasons };
    case 'scheduled':
      return { tone, word, why: null };
  }
}

const progressWord = (share: number | null, t: Texts['t']): string =>
  share === null ? t('worklist.ai.in_progress') : t('worklist.ai.progress', { percent: Math.floor(share * 100) });

function countWord(count: number | null, t: Texts['t']): string {
  if (count === null) {
    return t('worklist.ai.completed');
  }
  return count === 0 ? t('worklist.noFinding') : t('worklist.ai.findings', { count });
}

const faultLine = (fault: Fault | null, t: Texts['t']): string | null =>
  fault === null ? null : t('worklist.faultLine', { fault: t(`worklist.fault.${fault}`) });
