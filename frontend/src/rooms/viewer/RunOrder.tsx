import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useMayOrder } from '@/api/session';
import { useOrderRun } from '@/api/study';
import type { Run, StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';

const ICONS = { cancel: IconPlayerStop, repeat: IconRefresh };

/** Stop a run that waits or works; ask again for one that failed or was stopped. Only for those who may. */
export function RunOrder({ study, run }: { study: StudyDetail; run: Run }) {
  const texts = useTexts();
  const { t } = texts;
  const mayOrder = useMayOrder(study.tenant.id);
  const { mutate, isPending } = useOrderRun(study.study_id);
  if (!mayOrder || run.state === 'completed') {
    return null;
  }
  const order = run.state === 'failed' || run.state === 'canceled' ? 'repeat' : 'cancel';
  const Icon = ICONS[order];
  const send = (): void =>
    mutate(
      { runId: run.run_id, order },
      {
        onError: (failure) =>
          notifications.show({
            color: 'red',
            closeButtonProps: { 'aria-label': t('common.close') },
            title: t('viewer.toasts.orderFailed'),
            message: failureWords(failure, texts).what,
          }),
      },
    );
  return (
    <Button size="compact-sm" variant="default" leftSection={<Icon size={14} />} onClick={send} disabled={isPending} data-testid={`run-${order}`}>
      {t(`viewer.findings.order.${order}`)}
    </Button>
  );
}
