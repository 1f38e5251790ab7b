import { Button, Skeleton } from '@mantine/core';
import { IconFileTypePdf } from '@tabler/icons-react';
import { reportPdfPath, useBeginReport, useReports } from '@/api/reports';
import { useSession } from '@/api/session';
import { REPORT_PERMISSION, type Report } from '@/contract/reports';
import type { Result } from '@/contract/results';
import { useTexts } from '@/i18n/language';
import { Notice } from '@/rooms/viewer/AiStatus';
import type { FindingEntry } from '@/rooms/viewer/findings';
import { FailurePanel, failureWords } from '@/ui/FailurePanel';
import { Mark, type Tone } from '@/ui/Mark';
import { CriticalNotices } from './CriticalNotices';
import { ReportActs } from './ReportActs';
import { Sections } from './Sections';
import { Signatures } from './Signatures';
import classes from './Report.module.css';

interface ReportPanelProps {
  studyId: string;
  result: Result;
  entries: FindingEntry[];
  onSelect: (entry: FindingEntry) => void;
}

const TONES: Record<Report['state'], Tone> = { draft: 'neutral', preliminary: 'warn', final: 'ok', amended: 'ok', entered_in_error: 'danger' };

/** The report of a study: drafted by the app, written and signed by people. */
export function ReportPanel({ studyId, result, entries, onSelect }: ReportPanelProps) {
  const { t } = useTexts();
  const reports = useReports(studyId);
  if (reports.data === undefined) {
    return reports.isError ? (
      <FailurePanel title={t('viewer.report.failed')} failure={reports.error} onRetry={() => void reports.refetch()} />
    ) : (
      <Skeleton height={200} radius={8} aria-label={t('common.loading')} />
    );
  }
  const report = reports.data.reports.find(({ app, state }) => app === result.app.id && state !== 'entered_in_error') ?? null;
  return report === null ? <Begin studyId={studyId} result={result} /> : <OneReport key={report.report_id} report={report} result={result} entries={entries} onSelect={onSelect} />;
}

function Begin({ studyId, result }: { studyId: string; result: Result }) {
  const texts = useTexts();
  const { t } = texts;
  const { data: me } = useSession();
  const begin = useBeginReport(studyId);
  const mayWrite = me?.permissions.includes(REPORT_PERMISSION) ?? false;
  return (
    <div className={classes.panel} data-testid="no-report">
      <Notice
        tone={begin.isError ? 'danger' : 'neutral'}
        title={begin.isError ? failureWords(begin.error, texts).what : t('viewer.report.none')}
        text={t('viewer.report.noneHelp')}
        testId="report-none"
        action={
          mayWrite && (
            <Button size="compact-sm" disabled={begin.isPending} onClick={() => begin.mutate(result.result_id)} data-testid="report-begin">
              {t('viewer.report.begin')}
            </Button>
          )
        }
      />
    </div>
  );
}

function OneReport({ report, result, entries, onSelect }: { report: Report; result: Result; entries: FindingEntry[]; onSelect: (entry: FindingEntry) => void }) {
  const { t, language } = useTexts();
  return (
    <div className={classes.panel} data-testid="report" data-state={report.state}>
      <div className={classes.top}>
        <Mark tone={TONES[report.state]} outline={report.state === 'draft' ? 'dashed' : 'solid'} testId="report-state">
          {t(`viewer.report.states.${report.state}`)}
        </Mark>
        {report.amendment !== null && <Mark tone="warn">{t(`viewer.report.amendments.${report.amendment}`)}</Mark>}
        <a className={classes.pdf} href={reportPdfPath(report.report_id, language)} target="_blank" rel="noreferrer" data-testid="report-pdf">
          <IconFileTypePdf size={16} stroke={1.6} aria-hidden="true" />
          {t('viewer.report.pdf')}
        </a>
      </div>
      <CriticalNotices studyId={report.study_id} notices={report.notices} />
      <Cautions report={report} entries={entries} onSelect={onSelect} />
      <Sections key={report.may.edit ? 'edit' : report.revision} report={report} entries={entries} onSelect={onSelect} />
      <ReportActs report={report} resultId={result.result_id} />
      <Signatures report={report} />
    </div>
  );
}

/** What stands in the way of a signature, or is easily overlooked. */
function Cautions({ report, entries, onSelect }: { report: Report; entries: FindingEntry[]; onSelect: (entry: FindingEntry) => void }) {
  const { t } = useTexts();
  const unmentioned = entries.filter(({ finding }) => report.unmentioned.includes(finding.finding_id));
  return (
    <>
      {report.unreviewed > 0 && <Notice tone="warn" title={t('viewer.report.unreviewed', { count: report.unreviewed })} testId="report-unreviewed" />}
      {report.result_replaced && <Notice tone="warn" title={t('viewer.report.replaced')} testId="report-replaced" />}
      {!report.evaluable && <Notice tone="warn" title={t('viewer.report.notEvaluable')} testId="report-not-evaluable" />}
      {unmentioned.length > 0 && (
        <div className={classes.unmentioned} role="status" data-testid="report-unmentioned">
          {t('viewer.report.unmentioned')}
          {unmentioned.map((entry) => (
            <button key={entry.finding.finding_id} type="button" className={classes.back} onClick={() => onSelect(entry)}>
              {entry.badge} ↗
            </button>
          ))}
        </div>
      )}
    </>
  );
}
