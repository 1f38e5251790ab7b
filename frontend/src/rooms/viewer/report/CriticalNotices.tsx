import { useActOnNotice } from '@/api/reports';
import type { CriticalNotice } from '@/contract/reports';
import { formatClock } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Acknowledge, Tell } from '@/ui/NoticeForms';
import classes from './Report.module.css';

/** Critical values (危急值): loud until somebody was told, and until that person has taken it over. */
export function CriticalNotices({ studyId, notices }: { studyId: string; notices: CriticalNotice[] }) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const { mutate, isPending, error } = useActOnNotice(studyId);
  return (
    <>
      {notices
        .filter(({ state }) => state !== 'withdrawn')
        .map((notice) => (
          <section key={notice.notice_id} className={classes.critical} data-state={notice.state} role={notice.state === 'open' ? 'alert' : 'status'} data-testid="critical-notice">
            <strong>
              {t('viewer.critical.title')} · {t(`viewer.critical.states.${notice.state}`)}
            </strong>
            <p>{pick(notice.reason)}</p>
            {notice.told_at !== null && (
              <p className={classes.dim}>
                {t('viewer.critical.told', { recipient: notice.recipient ?? '', time: formatClock(notice.told_at, language), by: notice.told_by ?? '' })}
                {notice.read_back === true && ` · ${t('viewer.critical.wasReadBack')}`}
              </p>
            )}
            {notice.acknowledged_at !== null && <p className={classes.dim}>{t('viewer.critical.acknowledged', { by: notice.acknowledged_by ?? '', time: formatClock(notice.acknowledged_at, language) })}</p>}
            {notice.state === 'open' && <Tell isSending={isPending} onSay={(said) => mutate({ ...said, noticeId: notice.notice_id })} />}
            {notice.state === 'told' && <Acknowledge recipient={notice.recipient ?? ''} isSending={isPending} onSay={(by) => mutate({ act: 'acknowledge', by, noticeId: notice.notice_id })} />}
            {error !== null && <p className={classes.outdated}>{failureWords(error, texts).what}</p>}
          </section>
        ))}
    </>
  );
}
