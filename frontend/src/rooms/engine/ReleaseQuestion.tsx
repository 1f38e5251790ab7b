import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRelease } from '@/api/engine';
import type { Quarantined } from '@/contract/engine';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Engine.module.css';

/** Asks once more before something that brought the engine down may run again. */
export function ReleaseQuestion({ entry, onClose }: { entry: Quarantined | null; onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const release = useRelease();
  const order = (key: string): void =>
    release.mutate(key, {
      onSuccess: ({ released }) => notifications.show({ message: released ? t('engine.releaseDone') : t('engine.releaseGone'), color: 'teal' }),
      onError: (failure) => notifications.show({ message: failureWords(failure, texts).what, color: 'red' }),
      onSettled: onClose,
    });
  return (
    <Modal opened={entry !== null} onClose={onClose} title={t('engine.releaseTitle')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="release-question">
      {entry !== null && (
        <>
          <p className={classes.jobName}>{entry.plugin ?? t('engine.unknown')}</p>
          <p className={classes.reason}>{entry.reason ?? t('engine.unknownLong')}</p>
          <p>{t('engine.releaseHelp')}</p>
          <Group justify="flex-end" mt="md">
            <Button size="sm" variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button size="sm" data-autofocus loading={release.isPending} onClick={() => order(entry.key ?? '')} data-testid="release-confirm">
              {t('engine.release')}
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
