import { Button, Skeleton } from '@mantine/core';
import type { useResults } from '@/api/study';
import type { Corrections } from '@/contract/corrections';
import type { Result } from '@/contract/results';
import type { StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import type { ViewerEngine } from '@/viewer/engine';
import { AiStatus, Notice } from './AiStatus';
import { FindingCard } from './FindingCard';
import { AdvicePanel } from './advice/AdvicePanel';
import { ModelsUsed } from './ModelsUsed';
import type { FindingEntry } from './findings';
import { AcceptAll } from './nodules/AcceptAll';
import { isNodule } from './nodules/nodule';
import { NoduleCard } from './nodules/NoduleCard';
import { useSeeing } from './nodules/useSeeing';
import { PanelHead } from './PanelHead';
import { ReportPanel } from './report/ReportPanel';
import type { Reviewing } from './useReviewing';
import { ResultNotices } from './ResultNotices';
import { useViewer, type PanelTab } from './viewerState';
import classes from './Findings.module.css';

/** Of what the tabs show. */
const PANEL_ID = 'reading-panel';

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

/** The result whose app can do more than find: in its room people correct, take advice and report. */
export const ableOf = (results: readonly Result[]): Result | null => results.find(({ app }) => app.abilities.length > 0) ?? null;

/** Whose room a study is read in, for the statistics; `null`: no app's. */
export const roomOf = (results: readonly Result[]): string | null => ableOf(results)?.app.id ?? null;

export const tabsOf = (able: Result | null): PanelTab[] => [
  'findings',
  ...(able?.app.abilities.includes('advise') ? (['advice'] as const) : []),
  ...(able?.app.abilities.includes('report') ? (['report'] as const) : []),
];

/** What the AI says about this study, what people say about that, and what follows from it. */
export function FindingsPanel(props: FindingsPanelProps) {
  const { study, counting, entries, reviewing } = props;
  const { t } = useTexts();
  const isShown = useViewer((state) => state.isPanelShown);
  const able = ableOf(counting);
  const tabs = tabsOf(able);
  const chosen = useViewer((state) => state.panelTab);
  const tab = tabs.includes(chosen) ? chosen : 'findings';
  const corrections = useSeeing(able);
  const done = entries.filter(({ finding }) => finding.review.state !== 'unreviewed').length;
  return (
    <aside className={classes.panel} hidden={!isShown} aria-label={t('viewer.findings.title')} data-testid="findings">
      <PanelHead tabs={tabs} tab={tab} reviewed={{ done, count: entries.length }} />
      {able !== null && corrections !== null && reviewing.mayReview && tab === 'findings' && <AcceptAll studyId={study.study_id} result={able} corrections={corrections} />}
      <div className={classes.scroll} aria-live={tab === 'findings' ? 'polite' : undefined} {...(tabs.length > 1 ? { id: PANEL_ID, role: 'tabpanel', 'aria-label': t(`viewer.panel.${tab}`) } : {})}>
        {tab === 'findings' || able === null ? <Findings {...props} corrections={corrections} /> : <Beyond {...props} able={able} tab={tab} />}
      </div>
      <ModelsUsed results={counting} runs={study.runs} />
    </aside>
  );
}

/** What follows from findings: advice, and the report. */
function Beyond({ able, tab, study, entries, reviewing, onSelect }: FindingsPanelProps & { able: Result; tab: PanelTab }) {
  return tab === 'advice' ? (
    <AdvicePanel result={able} entries={entries} mayAnswer={reviewing.mayReview} onSelect={onSelect} />
  ) : (
    <ReportPanel studyId={study.study_id} result={able} entries={entries} onSelect={onSelect} />
  );
}

function Findings({ study, results, counting, entries, openFrame, overlayFailed, reviewing, engine, onSelect, onOpenSeries, corrections }: FindingsPanelProps & { corrections: Corrections | null }) {
  const texts = useTexts();
  const { t } = texts;
  const selectedId = useViewer((state) => state.selectedFindingId);
  const axialCount = useViewer(({ planes }) => planes.axial?.count ?? 0);
  const axialSlice = ({ finding, result }: FindingEntry): { index: number; count: number } | null => {
    const isHere = axialCount > 0 && result.frame_of_reference_uid === openFrame;
    const index = isHere && finding.centre_lps_mm !== null ? (engine?.sliceOf('axial', finding.centre_lps_mm) ?? null) : null;
    return index === null ? null : { index, count: axialCount };
  };
  const seenOf = (id: string): boolean | null => corrections?.findings.find(({ finding_id }) => finding_id === id)?.seen ?? null;
  const elsewhere = counting.find(({ frame_of_reference_uid: frame }) => frame !== null && openFrame !== null && frame !== openFrame);
  return (
    <>
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
            <NoduleCard key={entry.finding.finding_id} {...given} isSeen={seenOf(entry.finding.finding_id)} engine={entry.result.frame_of_reference_uid === openFrame ? engine : null} />
          ) : (
            <FindingCard key={entry.finding.finding_id} {...given} />
          );
        })}
      </ol>
    </>
  );
}
