import type { Report } from '@/contract/reports';
import { formatClock, formatDay } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import classes from './Report.module.css';

/** Who signed which version, why it was amended, and whether the RIS has it. */
export function Signatures({ report: { versions, messages } }: { report: Report }) {
  const { t, language } = useTexts();
  const when = (at: string): string => `${formatDay(at, language)} ${formatClock(at, language)}`;
  return versions.length + messages.length === 0 ? null : (
    <section className={classes.section} aria-label={t('viewer.report.history')} data-testid="report-history">
      <h3 className={classes.heading}>{t('viewer.report.history')}</h3>
      {[...versions].reverse().map((version) => (
        <div key={version.version} className={classes.version}>
          <span className="numbers">{t('viewer.report.version', { version: version.version })}</span>
          {version.signatures.map(({ role, by, at }) => (
            <span key={role} className={classes.signature} data-testid={`signature-${role}`}>
              {t(`viewer.report.roles.${role}`)} <strong>{by}</strong> <span className="numbers">{when(at)}</span>
            </span>
          ))}
          {version.reason !== null && <span className={classes.dim}>{t('viewer.report.amendedBecause', { reason: version.reason })}</span>}
          {version.returned !== null && <span className={classes.outdated}>{t('viewer.report.returnedBecause', { reason: version.returned })}</span>}
        </div>
      ))}
      {messages.map(({ message_id, connection, state, last_error }) => (
        <span key={message_id} className={state === 'failed' ? classes.outdated : classes.dim} title={last_error ?? undefined}>
          {t('viewer.report.message', { connection, state: t(`viewer.report.messages.${state}`) })}
        </span>
      ))}
    </section>
  );
}
