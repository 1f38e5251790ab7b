import { Skeleton } from '@mantine/core';
import { useCounsel } from '@/api/reading';
import type { Advice, Counsel } from '@/contract/counsel';
import type { Result } from '@/contract/results';
import { formatShare } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Notice } from '@/rooms/viewer/AiStatus';
import type { FindingEntry } from '@/rooms/viewer/findings';
import { entryName } from '@/rooms/viewer/nodules/nodule';
import { FailurePanel } from '@/ui/FailurePanel';
import { Questions } from './Questions';
import classes from './Advice.module.css';

interface AdvicePanelProps {
  result: Result;
  entries: FindingEntry[];
  mayAnswer: boolean;
  onSelect: (entry: FindingEntry) => void;
}

/** What guidelines and models say of what was accepted; each word with its source and the rule that fired. */
export function AdvicePanel({ result, entries, mayAnswer, onSelect }: AdvicePanelProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const counsel = useCounsel(result.result_id);
  if (counsel.data === undefined) {
    return counsel.isError ? (
      <FailurePanel title={t('viewer.advice.failed')} failure={counsel.error} onRetry={() => void counsel.refetch()} />
    ) : (
      <Skeleton height={160} radius={8} aria-label={t('common.loading')} />
    );
  }
  const { data } = counsel;
  const entryOf = (id: string): FindingEntry | null => entries.find(({ finding }) => finding.finding_id === id) ?? null;
  const needed = data.questions.filter((question) => question.needed);
  const settled = data.questions.filter((question) => !question.needed);
  const wholes = data.advice.filter(({ finding_id }) => finding_id === null);
  return (
    <div className={classes.panel} data-testid="advice">
      <NotCounted counsel={data} entryOf={entryOf} onSelect={onSelect} />
      {data.guidelines.length === 0 && <Notice tone="neutral" title={t('viewer.advice.noGuideline')} text={t('viewer.advice.noGuidelineHelp')} testId="no-guideline" />}
      {wholes.map((advice) => (
        <AdviceCard key={keyOf(advice)} advice={advice} isWhole />
      ))}
      {needed.length > 0 && <Questions title={t('viewer.advice.asked')} questions={needed} counsel={data} mayAnswer={mayAnswer} entryOf={entryOf} />}
      {data.counted.map((id) => {
        const entry = entryOf(id);
        const said = data.advice.filter(({ finding_id }) => finding_id === id);
        return entry === null || said.length === 0 ? null : (
          <section key={id} className={classes.finding}>
            <button type="button" className={classes.findingName} onClick={() => onSelect(entry)} data-testid="advice-finding">
              <span className={classes.badge}>{entry.badge}</span>
              {entryName(entry, texts)}
            </button>
            {said.map((advice) => (
              <AdviceCard key={keyOf(advice)} advice={advice} isWhole={false} />
            ))}
          </section>
        );
      })}
      {data.advice.length === 0 && needed.length === 0 && <Notice tone="neutral" title={t(data.counted.length === 0 ? 'viewer.advice.nothingAccepted' : 'viewer.advice.none')} testId="no-advice" />}
      {settled.length > 0 && (
        <details className={classes.settled}>
          <summary>{t('viewer.advice.settled', { count: settled.length })}</summary>
          <Questions title={null} questions={settled} counsel={data} mayAnswer={mayAnswer} entryOf={entryOf} />
        </details>
      )}
      <p className={classes.note}>
        {data.guidelines.length > 0 && t('viewer.advice.inUse', { names: data.guidelines.map(({ title }) => pick(title)).join(t('common.comma')) })}
        {data.answered_by !== null && ` ${t('viewer.advice.answeredBy', { by: data.answered_by })}`}
      </p>
    </div>
  );
}

const keyOf = ({ source, rule_id, finding_id, said }: Advice): string => [source.en, rule_id, finding_id, said.en].join('|');

/** Nothing counts until it was reviewed: findings of which the advice says nothing. */
function NotCounted({ counsel, entryOf, onSelect }: { counsel: Counsel; entryOf: (id: string) => FindingEntry | null; onSelect: (entry: FindingEntry) => void }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const waiting = counsel.not_counted.filter(({ state }) => state === 'unreviewed');
  return waiting.length === 0 ? null : (
    <div className={classes.waiting} role="status" data-testid="not-counted">
      <strong>{t('viewer.advice.preliminary', { count: waiting.length })}</strong>
      <span className={classes.chips}>
        {waiting.map(({ finding_id, title }) => {
          const entry = entryOf(finding_id);
          return (
            <button key={finding_id} type="button" className={classes.chip} disabled={entry === null} title={entry === null ? undefined : entryName(entry, texts)} onClick={() => entry !== null && onSelect(entry)}>
              {entry === null ? pick(title) : entry.badge}
            </button>
          );
        })}
      </span>
    </div>
  );
}

/** One rule's or one model's word. */
function AdviceCard({ advice, isWhole }: { advice: Advice; isWhole: boolean }) {
  const { t, pick, language } = useTexts();
  const { source, said, recommended, rule_id, category, probability, looked_at, notes } = advice;
  return (
    <article className={classes.card} data-whole={isWhole || undefined} data-testid={isWhole ? 'advice-whole' : 'advice-of-finding'}>
      <header className={classes.cardHead}>
        <span className={classes.source}>{pick(source)}</span>
        {rule_id !== null && (
          <code className={classes.rule} title={t('viewer.advice.rule')} data-testid="rule-id">
            {rule_id}
          </code>
        )}
      </header>
      <div className={classes.cardBody}>
        {category !== null && (
          <span className={classes.category} data-testid="category">
            {category}
          </span>
        )}
        {probability !== null && (
          <span className={`${classes.category} numbers`} title={t('viewer.advice.probability')}>
            {probability < 0.1 ? `${(probability * 100).toFixed(1)} %` : formatShare(probability, language)}
          </span>
        )}
        <div>
          <p className={classes.said}>{pick(said)}</p>
          {recommended !== null && <p className={classes.recommended}>{pick(recommended)}</p>}
          {notes.map((note) => (
            <p key={note.en} className={classes.dim}>
              {pick(note)}
            </p>
          ))}
        </div>
      </div>
      {looked_at.length > 0 && (
        <details className={classes.lookedAt}>
          <summary>{t('viewer.advice.lookedAt')}</summary>
          <ul>
            {looked_at.map((fact) => (
              <li key={fact.en}>{pick(fact)}</li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}
