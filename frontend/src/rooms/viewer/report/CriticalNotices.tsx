import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useActOnNotice, type NoticeAct } from '@/api/reports';
import type { CriticalNotice } from '@/contract/reports';
import { formatClock } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Report.module.css';

const WAYS = ['phone', 'in_person', 'message'] as const;

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

function Tell({ isSending, onSay }: { isSending: boolean; onSay: (said: NoticeAct) => void }) {
  const { t } = useTexts();
  const [recipient, setRecipient] = useState('');
  const [way, setWay] = useState<(typeof WAYS)[number]>('phone');
  const [isReadBack, setReadBack] = useState(false);
  return (
    <form
      className={classes.reason}
      onSubmit={(event) => {
        event.preventDefault();
        onSay({ act: 'tell', recipient: recipient.trim(), way, read_back: isReadBack });
      }}
    >
      <TextInput size="xs" label={t('viewer.critical.recipient')} value={recipient} onChange={(event) => setRecipient(event.currentTarget.value)} data-testid="critical-recipient" />
      <Select size="xs" label={t('viewer.critical.way')} value={way} allowDeselect={false} onChange={(chosen) => setWay(WAYS.find((one) => one === chosen) ?? 'phone')} data={WAYS.map((one) => ({ value: one, label: t(`viewer.critical.ways.${one}`) }))} />
      <Checkbox size="xs" label={t('viewer.critical.readBack')} checked={isReadBack} onChange={(event) => setReadBack(event.currentTarget.checked)} />
      <Button type="submit" size="compact-sm" color="red" disabled={isSending || recipient.trim() === ''} data-testid="critical-tell">
        {t('viewer.critical.tell')}
      </Button>
    </form>
  );
}

function Acknowledge({ recipient, isSending, onSay }: { recipient: string; isSending: boolean; onSay: (by: string) => void }) {
  const { t } = useTexts();
  const [by, setBy] = useState(recipient);
  return (
    <form
      className={classes.reason}
      onSubmit={(event) => {
        event.preventDefault();
        onSay(by.trim());
      }}
    >
      <TextInput size="xs" label={t('viewer.critical.acknowledgedBy')} value={by} onChange={(event) => setBy(event.currentTarget.value)} />
      <Button type="submit" size="compact-sm" variant="light" disabled={isSending || by.trim() === ''} data-testid="critical-acknowledge">
        {t('viewer.critical.acknowledge')}
      </Button>
    </form>
  );
}
