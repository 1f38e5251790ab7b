import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRemoveToken } from '@/api/entitlements';
import type { Entitlement } from '@/contract/entitlements';
import type { PluginVersions } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { subjectOf } from './words';
import classes from './Entitlements.module.css';

interface RemoveQuestionProps {
  asked: Entitlement | null;
  known: PluginVersions | undefined;
  onClose: () => void;
}

/** Says what follows before a token is taken out. */
export function RemoveQuestion({ asked, known, onClose }: RemoveQuestionProps) {
  const { t } = useTexts();
  return (
    <Modal opened={asked !== null} onClose={onClose} title={t('entitlements.ask.title')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="remove-question">
      {asked !== null && <Question asked={asked} known={known} onClose={onClose} />}
    </Modal>
  );
}

function Question({ asked, known, onClose }: RemoveQuestionProps & { asked: Entitlement }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useRemoveToken();
  const go = (): void =>
    order.mutate(asked.id, {
      onSuccess: () => {
        notifications.show({ message: t('entitlements.removed'), color: 'teal' });
        onClose();
      },
    });
  return (
    <div className={classes.question}>
      <p className={classes.what}>{subjectOf(asked.plugin, known, texts)}</p>
      <ul className={classes.happens} data-testid="happens">
        {(['runs', 'begun', 'counted', 'again', 'audit'] as const).map((line) => (
          <li key={line}>{t(`entitlements.ask.${line}`)}</li>
        ))}
      </ul>
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose} data-autofocus>
          {t('common.cancel')}
        </Button>
        <Button size="sm" color="red" loading={order.isPending} onClick={go} data-testid="remove-confirm">
          {t('entitlements.remove')}
        </Button>
      </Group>
    </div>
  );
}
