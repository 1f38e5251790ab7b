import type { ReactNode } from 'react';
import type { Localised } from '@/contract/localised';
import type { Result } from '@/contract/results';
import type { Run, StudyDetail } from '@/contract/study';
import { useTexts, type Texts } from '@/i18n/language';
import { reasonUnder } from '@/ui/reasons';
import { RunOrder } from './RunOrder';
import classes from './Findings.module.css';

interface NoticeProps {
  tone: 'neutral' | 'info' | 'warn' | 'danger';
  title: string;
  text?: string;
  lines?: string[];
  /** 0 to 1: a bar of 3 px. */
  share?: number | null;
  action?: ReactNode;
  testId: string;
}

/** A word of the panel itself, above the cards. */
export function Notice({ tone, title, text, lines = [], share, action, testId }: NoticeProps) {
  return (
    <div className={classes.notice} data-tone={tone} role={tone === 'danger' || tone === 'warn' ? 'alert' : 'status'} data-testid={testId}>
      <strong>{title}</strong>
      {share !== undefined && (
        <span className={classes.track} aria-hidden="true">
          <span className={classes.fill} style={{ width: `${(share ?? 0.35) * 100}%` }} />
        </span>
      )}
      {lines.map((line) => (
        <p key={line} className={classes.reason}>
          {line}
        </p>
      ))}
      {text !== undefined && <p>{text}</p>}
      {action}
    </div>
  );
}

interface AiStatusProps {
  study: StudyDetail;
  counting: Result[];
  isLoading: boolean;
}

/** Everything about the AI that is not a finding: it waits, runs, failed, did not run, or could not judge. */
export function AiStatus({ study, counting, isLoading }: AiStatusProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const bare = (reason: Localised): string => reasonUnder(t('viewer.findings.notEvaluable'), pick(reason));
  const unjudged = counting.filter(({ evaluable }) => !evaluable);
  const empty = counting.filter(({ evaluable, findings }) => evaluable && findings.length === 0);
  const judgedRuns = new Set(counting.map(({ run_id }) => run_id));
  const silentRuns = study.runs.filter(({ run_id }) => !judgedRuns.has(run_id));
  return (
    <>
      {unjudged.map((result) => (
        <Notice
          key={result.result_id}
          tone="warn"
          title={t('viewer.findings.notEvaluable')}
          lines={result.reasons.map(bare)}
          text={t('viewer.findings.notEvaluableHelp')}
          testId="not-evaluable"
        />
      ))}
      {empty.map((result) => (
        <Notice key={result.result_id} tone="neutral" title={t('viewer.findings.none')} text={t('viewer.findings.noneHelp')} testId="no-findings" />
      ))}
      {study.ai.state === 'completed' && study.ai.reasons.length > 0 && (
        <Notice tone="warn" title={t('viewer.findings.partly')} lines={study.ai.reasons.map(bare)} testId="partly-evaluable" />
      )}
      {silentRuns.map((run) => (
        <RunNotice key={run.run_id} run={run} texts={texts} order={<RunOrder study={study} run={run} />} />
      ))}
      {isMute(study) && !isLoading && counting.length === 0 && <NoRunNotice study={study} texts={texts} />}
    </>
  );
}

/** No run speaks, or is about to: there was none, or images came that no run follows. */
const isMute = ({ ai, runs }: StudyDetail): boolean =>
  runs.length === 0 || ((ai.state === 'none' || ai.state === 'not_evaluable') && runs.every(({ state }) => state === 'completed'));

/** Nothing ran: because nothing was meant to, or because the images could not be judged. */
function NoRunNotice({ study, texts: { t, pick } }: { study: StudyDetail; texts: Texts }) {
  const heading = t('viewer.findings.notEvaluable');
  const lines = study.ai.reasons.map((reason) => reasonUnder(heading, pick(reason)));
  return study.ai.state === 'not_evaluable' ? (
    <Notice tone="warn" title={t('viewer.findings.notEvaluable')} lines={lines} text={t('viewer.findings.notEvaluableHelp')} testId="not-evaluable" />
  ) : (
    <Notice tone="neutral" title={t('viewer.findings.noneRun')} lines={lines} testId="no-run" />
  );
}

function RunNotice({ run, texts: { t, pick }, order }: { run: Run; texts: Texts; order: ReactNode }) {
  const heading = t('viewer.findings.notEvaluable');
  const percent = run.progress === null ? null : Math.floor(run.progress * 100);
  switch (run.state) {
    case 'scheduled':
      return <Notice tone="info" title={t('viewer.findings.queued')} text={t('viewer.findings.queuedHelp')} action={order} testId="ai-queued" />;
    case 'in_progress':
      return (
        <Notice
          tone="info"
          title={percent === null ? t('viewer.findings.running') : t('viewer.findings.runningPercent', { percent })}
          text={t('viewer.findings.runningHelp')}
          share={run.progress}
          action={order}
          testId="ai-running"
        />
      );
    case 'failed':
      return run.fault === 'input' ? (
        <Notice tone="warn" title={heading} lines={run.reasons.map((reason) => reasonUnder(heading, pick(reason)))} text={t('viewer.findings.notEvaluableHelp')} testId="not-evaluable" />
      ) : (
        <Notice
          tone="danger"
          title={t('viewer.findings.failed')}
          lines={run.reasons.map(pick)}
          text={run.fault === null ? undefined : t(`viewer.findings.failedHelp.${run.fault}`)}
          action={order}
          testId="ai-failed"
        />
      );
    case 'canceled':
      return <Notice tone="neutral" title={t('viewer.findings.canceled')} lines={run.reasons.map(pick)} action={order} testId="ai-canceled" />;
    case 'completed':
      // Its result is on the way, or was superseded: the other notices and the cards say so.
      return null;
  }
}
