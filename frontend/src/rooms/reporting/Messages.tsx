import { Button } from '@mantine/core';
import { useRetryMessage } from '@/api/reporting';
import type { ReportMessage } from '@/contract/reports';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Mark, type Tone } from '@/ui/Mark';
import classes from './Reporting.module.css';

const COLUMNS = ['report', 'connection', 'state', 'attempts', 'time'] as const;
const TONES: Record<ReportMessage['state'], Tone> = { scheduled: 'info', delivered: 'ok', failed: 'danger', canceled: 'neutral' };

/** Reports that wait to be sent or could not be, each with what the receiver said. */
export function Messages({ messages }: { messages: readonly ReportMessage[] }) {
  const { t } = useTexts();
  const failed = messages.filter(({ state }) => state === 'failed').length;
  return (
    <>
      <h2 className={classes.section}>
        {t('reporting.messages.title')} {failed > 0 && <Mark tone="danger">{t('reporting.messages.failed', { count: failed })}</Mark>}
      </h2>
      {messages.length === 0 ? (
        <p className={classes.none} data-testid="no-message">
          {t('reporting.messages.none')}
        </p>
      ) : (
        <div className={classes.list} tabIndex={0} role="region" aria-label={t('reporting.messages.title')}>
          <table className={classes.table} data-testid="messages">
            <thead>
              <tr>
                {COLUMNS.map((column) => (
                  <th key={column} scope="col">
                    {t(`reporting.messages.columns.${column}`)}
                  </th>
                ))}
                <th scope="col">
                  <span className="only-read-aloud">{t('reporting.acts')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {messages.map((message) => (
                <MessageRow key={message.message_id} message={message} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function MessageRow({ message }: { message: ReportMessage }) {
  const texts = useTexts();
  const { t, language } = texts;
  const retry = useRetryMessage();
  const { state, attempts } = message;
  return (
    <tr data-testid="message-row" data-state={state}>
      <td>
        <span className={classes.name}>{t(`reporting.messages.statuses.${message.status}`)}</span>
        <span className={`${classes.under ?? ''} numbers`}>{t('viewer.report.version', { version: message.version })}</span>
      </td>
      <td>{message.connection}</td>
      <td>
        <Mark tone={TONES[state]} testId="message-state">
          {t(`viewer.report.messages.${state}`)}
        </Mark>
        {message.last_error !== null && (
          <span className={classes.words} data-testid="message-error">
            {t('reporting.messages.error', { error: message.last_error })}
          </span>
        )}
        {retry.isError && (
          <span className={classes.words} role="alert">
            {failureWords(retry.error, texts).what}
          </span>
        )}
      </td>
      <td className="numbers">{t('reporting.messages.attempts', { count: attempts })}</td>
      <td className="numbers">{formatExact(message.created_at, language)}</td>
      <td>
        {state === 'failed' && (
          <span className={classes.acts}>
            <Button size="compact-sm" variant="light" loading={retry.isPending} aria-label={t('reporting.messages.retryOf', { connection: message.connection })} onClick={() => retry.mutate(message.message_id)} data-testid="retry-message">
              {t('reporting.messages.retry')}
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}
