import { Progress } from '@mantine/core';
import { useCheckLog, type Side } from '@/api/publishing';
import type { CheckLine, Submission } from '@/contract/publishing';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { VerdictMark } from './words';
import classes from './Publishing.module.css';

/** What every rule says of a package, while the check runs and afterwards. */
export function CheckLog({ side, one }: { side: Side; one: Submission }) {
  const { t } = useTexts();
  const asked = useCheckLog(side, one.id);
  const log = asked.data;
  if (log === undefined) {
    return asked.isError ? <FailurePanel title={t('publishing.logFailed')} failure={asked.error} onRetry={() => void asked.refetch()} /> : null;
  }
  const isRunning = log.state === 'submitted' || log.state === 'checking';
  const said = isRunning ? t('publishing.logRunning', { count: log.lines.length, of: log.rules }) : t('publishing.logDone', { count: log.lines.length });
  return (
    <div data-testid="check-log" data-running={isRunning || undefined}>
      <p className={classes.under} role="status">
        {log.check === 0 ? t('publishing.logWaits') : said}
        {log.check > 1 && ` ${t('publishing.logAnew', { count: log.check - 1 })}`}
      </p>
      {isRunning && <Progress value={log.rules === 0 ? 0 : (100 * log.lines.length) / log.rules} animated size="sm" aria-label={said} />}
      <ol className={classes.log}>
        {log.lines.map((line) => (
          <Line key={line.number} line={line} />
        ))}
      </ol>
    </div>
  );
}

function Line({ line }: { line: CheckLine }) {
  const { pick } = useTexts();
  return (
    <li data-testid="check-line" data-verdict={line.verdict}>
      <VerdictMark verdict={line.verdict} />
      <div className={classes.said}>
        <span>{pick(line.rule)}</span>
        {line.reason !== '' && <span className={classes.under}>{line.reason}</span>}
        {line.faults.map((fault) => (
          <code key={fault} className={classes.fault}>
            {fault}
          </code>
        ))}
        {line.mend !== null && <span className={classes.under}>{pick(line.mend)}</span>}
      </div>
    </li>
  );
}
