import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useDeleteSet, useRunSet } from '@/api/acceptance';
import type { AcceptanceDetail } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Acceptance.module.css';

export type SetAct = 'start' | 'cancel' | 'delete';

interface SetQuestionProps {
  asked: SetAct | null;
  set: AcceptanceDetail;
  onClose: () => void;
  /** The set is no longer there. */
  onGone: () => void;
}

/** Says what will happen to a set before it does. */
export function SetQuestion({ asked, set, onClose, onGone }: SetQuestionProps) {
  const { t } = useTexts();
  return (
    <Modal opened={asked !== null} onClose={onClose} title={asked === null ? '' : t(`acceptance.ask.${asked}`, { name: set.name })} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="set-question">
      {asked !== null && <Question act={asked} set={set} onClose={onClose} onGone={onGone} />}
    </Modal>
  );
}

const FOLLOWS = { start: ['startRuns', 'startUnseen', 'startClosed'], cancel: ['cancelRuns', 'cancelKept'], delete: ['deleteGone'] } as const;

function Question({ act, set, onClose, onGone }: Omit<SetQuestionProps, 'asked'> & { act: SetAct }) {
  const texts = useTexts();
  const { t } = texts;
  const run = useRunSet();
  const remove = useDeleteSet();
  const order = act === 'delete' ? remove : run;
  const done = (): void => {
    notifications.show({ message: t(`acceptance.done.${act}`), color: 'teal' });
    onClose();
  };
  const go = (): void => {
    if (act !== 'delete') {
      return run.mutate({ setId: set.id, act }, { onSuccess: done });
    }
    return remove.mutate(set.id, {
      onSuccess: () => {
        done();
        onGone();
      },
    });
  };
  return (
    <div className={classes.question}>
      <ul className={classes.happens} data-testid="happens">
        {FOLLOWS[act].map((line) => (
          <li key={line}>{t(`acceptance.follows.${line}`, { cases: set.counts.cases })}</li>
        ))}
      </ul>
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.close')}
        </Button>
        <Button size="sm" {...(act === 'start' ? {} : { color: 'red' })} data-autofocus loading={order.isPending} onClick={go} data-testid="set-confirm">
          {t(`acceptance.acts.${act}`)}
        </Button>
      </Group>
    </div>
  );
}
