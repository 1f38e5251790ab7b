import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useAcceptAll } from '@/api/reading';
import type { Corrections } from '@/contract/corrections';
import type { Result } from '@/contract/results';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import shared from '@/rooms/viewer/Findings.module.css';

interface AcceptAllProps {
  studyId: string;
  result: Result;
  corrections: Corrections;
}

/** One word on all that have none: only after this person has looked at each. */
export function AcceptAll({ studyId, result, corrections }: AcceptAllProps) {
  const texts = useTexts();
  const { t } = texts;
  const { mutate, isPending } = useAcceptAll(studyId, result.result_id);
  const open = result.findings.filter(({ review }) => review.state === 'unreviewed');
  const unseen = open.filter(({ finding_id }) => corrections.findings.find((one) => one.finding_id === finding_id)?.seen !== true).length;
  const accept = (): void =>
    mutate(corrections.version, {
      onSuccess: () => notifications.show({ color: 'teal', message: t('viewer.panel.acceptedAll'), closeButtonProps: { 'aria-label': t('common.close') } }),
      onError: (failure) =>
        notifications.show({ color: 'red', title: t('viewer.panel.acceptAllFailed'), message: failureWords(failure, texts).what, closeButtonProps: { 'aria-label': t('common.close') } }),
    });
  return open.length === 0 ? null : (
    <div className={shared.progress}>
      {unseen > 0 && <span data-testid="unseen-count">{t('viewer.panel.acceptAllUnseen', { count: unseen })}</span>}
      <Button size="compact-xs" variant="default" disabled={unseen > 0 || isPending} onClick={accept} data-testid="accept-all">
        {t('viewer.panel.acceptAll')}
      </Button>
    </div>
  );
}
