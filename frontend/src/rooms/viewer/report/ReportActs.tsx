import { Button, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useActOnReport, type ReportAct } from '@/api/reports';
import type { Report } from '@/contract/reports';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Report.module.css';

type Reasoned = 'send-back' | 'amend' | 'withdraw';

/** Sign, verify, give back, amend, withdraw: what this person may do with the report as it is now. */
export function ReportActs({ report, resultId }: { report: Report; resultId: string }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const { mutate, isPending } = useActOnReport(report.study_id, report.report_id);
  const [asked, setAsked] = useState<Reasoned | null>(null);
  const { may, revision } = report;
  const act = (what: ReportAct): void =>
    mutate(what, {
      onSuccess: () => setAsked(null),
      onError: (failure) => notifications.show({ color: 'red', title: t('viewer.report.notDone'), message: failureWords(failure, texts).what, closeButtonProps: { 'aria-label': t('common.close') } }),
    });
  const plain = (name: 'sign' | 'verify' | 'give-up', isAble: boolean, isMain: boolean) =>
    isAble && (
      <Button key={name} size="compact-sm" variant={isMain ? 'filled' : 'default'} disabled={isPending || (name === 'sign' && report.unreviewed > 0)} onClick={() => act({ act: name, revision })} data-testid={`report-${name}`}>
        {t(`viewer.report.acts.${name}`)}
      </Button>
    );
  const reasoned = (name: Reasoned, isAble: boolean) =>
    isAble && (
      <Button key={name} size="compact-sm" variant="default" disabled={isPending} onClick={() => setAsked(name)} data-testid={`report-${name}`}>
        {t(`viewer.report.acts.${name}`)}
      </Button>
    );
  return (
    <div className={classes.acts}>
      {asked === null ? (
        <>
          {plain('sign', may.sign, true)}
          {plain('verify', may.verify, true)}
          {reasoned('send-back', may.send_back)}
          {reasoned('amend', may.amend)}
          {plain('give-up', may.give_up_amendment, false)}
          {may.edit && (
            <Button size="compact-sm" variant="subtle" color="gray" disabled={isPending} onClick={() => act({ act: 'redraft', revision, result_id: resultId })} data-testid="report-redraft">
              {t('viewer.report.acts.redraft')}
            </Button>
          )}
          {reasoned('withdraw', may.withdraw)}
        </>
      ) : (
        <Reason name={asked} isSending={isPending} onSay={(reason) => act({ act: asked, revision, reason })} onCancel={() => setAsked(null)} />
      )}
      {report.why_not_verify !== null && <p className={classes.dim}>{pick(report.why_not_verify)}</p>}
    </div>
  );
}

function Reason({ name, isSending, onSay, onCancel }: { name: Reasoned; isSending: boolean; onSay: (reason: string) => void; onCancel: () => void }) {
  const { t } = useTexts();
  const [reason, setReason] = useState('');
  return (
    <form
      className={classes.reason}
      onSubmit={(event) => {
        event.preventDefault();
        onSay(reason.trim());
      }}
    >
      <TextInput size="xs" label={t('viewer.report.reason')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus data-testid="report-reason" />
      <div className={classes.acts}>
        <Button type="submit" size="compact-sm" color={name === 'withdraw' ? 'red' : undefined} disabled={isSending || reason.trim() === ''} data-testid="report-reason-send">
          {t(`viewer.report.acts.${name}`)}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onCancel}>
          {t('viewer.correct.cancel')}
        </Button>
      </div>
    </form>
  );
}
