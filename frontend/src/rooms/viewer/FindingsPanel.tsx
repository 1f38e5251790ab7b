import { Button, Skeleton } from '@mantine/core';
import type { useResults } from '@/api/study';
import type { Result } from '@/contract/results';
import type { StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import type { ViewerEngine } from '@/viewer/engine';
import { AiStatus, Notice } from './AiStatus';
import { FindingCard } from './FindingCard';
import { ModelsUsed } from './ModelsUsed';
import type { FindingEntry } from './findings';
import { isNodule } from './nodules/nodule';
import { NoduleCard } from './nodules/NoduleCard';
import type { Reviewing } from './useReviewing';
import { ResultNotices } from './ResultNotices';
import { useViewer } from './viewerState';
import classes from './Findings.module.css';

interface FindingsPanelProps {
  study: StudyDetail;
  results: ReturnType<typeof useResults>;
  counting: Result[];
  entries: FindingEntry[];
  /** Frame of reference of the open series: findings of another one cannot be jumped to. */
  openFrame: string | null;
  overlayFailed: boolean;
  reviewing: Reviewing;
  engine: ViewerEngine | null;
  onSelect: (entry: FindingEntry) => void;
  onOpenSeries: (uid: string) => void;
}

/** What the AI says about this study, and what people say about that. Always open. */
export function FindingsPanel(props: FindingsPanelProps) {
  const { study, results, counting, entries, openFrame, overlayFailed, reviewing, engine, onSelect, onOpenSeries } = props;
  const texts = useTexts();
  const { t } = texts;
  const isPanelShown = useViewer((state) => state.isPanelShown);
  const selectedId = useViewer((state) => state.selectedFindingId);
  const axialCount = useViewer(({ planes }) => planes.axial?.count ?? 0);
  const axialSlice = ({ finding, result }: FindingEntry): { index: number; count: number } | null => {
    const isHere = axialCount > 0 && result.frame_of_reference_uid === openFrame;
    const index = isHere && finding.centre_lps_mm !== null ? (engine?.sliceOf('axial', finding.centre_lps_mm) ?? null) : null;
    return index === null ? null : { index, count: axialCount };
  };
  const done = entries.filter(({ finding }) => finding.review.state !== 'unreviewed').length;
  const elsewhere = counting.find(({ frame_of_reference_uid: frame }) => frame !== null && openFrame !== null && frame !== openFrame);
  return (
    <aside className={classes.panel} hidden={!isPanelShown} aria-label={t('viewer.findings.title')} data-testid="findings">
      <header className={classes.head}>
        <h2 className={classes.title}>{t('viewer.findings.title')}</h2>
        {entries.length > 0 && (
          <span className={`${classes.count} numbers`} data-testid="reviewed-count">
            {t('viewer.findings.reviewed', { done, count: entries.length })}
          </span>
        )}
      </header>
      <div className={classes.scroll} aria-live="polite">
        <AiStatus study={study} counting={counting} isLoading={results.isPending} />
        <ResultNotices results={results.data} runs={study.runs} />
        {results.isPending && <Skeleton height={120} radius={8} aria-label={t('viewer.findings.loading')} />}
        {results.isError && (
          <Notice
            tone="danger"
            title={t('viewer.findings.failedToLoad')}
            text={failureWords(results.error, texts).what}
            testId="results-failed"
            action={
              <Button size="compact-sm" variant="default" onClick={() => void results.refetch()}>
                {t('common.retry')}
              </Button>
            }
          />
        )}
        {overlayFailed && <Notice tone="warn" title={t('viewer.findings.overlayFailed')} testId="overlay-failed" />}
        {elsewhere !== undefined && (
          <Notice
            tone="info"
            title={t('viewer.findings.otherSeries')}
            testId="other-series"
            action={
              <Button size="compact-sm" variant="default" onClick={() => onOpenSeries(elsewhere.series_instance_uid)}>
                {t('viewer.findings.openSeries')}
              </Button>
            }
          />
        )}
        <ol className={classes.cards}>
          {entries.map((entry) => {
            const given = { entry, isSelected: entry.finding.finding_id === selectedId, reviewing, slice: axialSlice(entry), onSelect: () => onSelect(entry) };
            return isNodule(entry.finding) ? (
              <NoduleCard key={entry.finding.finding_id} {...given} isSeen={null} engine={entry.result.frame_of_reference_uid === openFrame ? engine : null} />
            ) : (
              <FindingCard key={entry.finding.finding_id} {...given} />
            );
          })}
        </ol>
      </div>
      <ModelsUsed results={counting} runs={study.runs} />
    </aside>
  );
}
