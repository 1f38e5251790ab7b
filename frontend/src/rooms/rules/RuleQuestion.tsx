import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useDeleteRule, useSaveRule } from '@/api/rules';
import type { Rule } from '@/contract/rules';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import type { RuleAct } from './RulePanel';
import classes from './Rules.module.css';

export interface AskedAct {
  act: RuleAct;
  rule: Rule;
}

/** Says what will happen to a rule before it does. */
export function RuleQuestion({ asked, onClose }: { asked: AskedAct | null; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={asked !== null} onClose={onClose} title={asked === null ? '' : t(`rules.ask.${asked.act}`)} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="rule-question">
      {asked !== null && <Question asked={asked} onClose={onClose} />}
    </Modal>
  );
}

function Question({ asked: { act, rule }, onClose }: { asked: AskedAct; onClose: () => void }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const save = useSaveRule();
  const remove = useDeleteRule();
  const order = act === 'delete' ? remove : save;
  const done = (): void => {
    notifications.show({ message: t(act === 'delete' ? 'rules.deleted' : 'rules.saved'), color: 'teal' });
    onClose();
  };
  const go = (): void =>
    act === 'delete' ? remove.mutate(rule.id, { onSuccess: done }) : save.mutate({ ruleId: rule.id, change: { enabled: act === 'turnOn' } }, { onSuccess: done });
  return (
    <>
      <p className={classes.what1}>{rule.name}</p>
      <p>{t(`rules.ask.${act}Happens`, { title: pick(rule.installation.title), version: rule.installation.version })}</p>
      <p>{t('rules.ask.audit')}</p>
      {order.isError && (
        <p className={classes.fault} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" {...(act === 'delete' ? { color: 'red' } : {})} data-autofocus loading={order.isPending} onClick={go} data-testid="rule-confirm">
          {t(`rules.${act}`)}
        </Button>
      </Group>
    </>
  );
}

/** Asks before what was written in the form is lost. */
export function LeaveQuestion({ opened, onStay, onLeave }: { opened: boolean; onStay: () => void; onLeave: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onStay} title={t('rules.ask.discard')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="leave-question">
      <p>{t('rules.ask.discardHappens')}</p>
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onStay} data-autofocus>
          {t('common.cancel')}
        </Button>
        <Button size="sm" color="red" onClick={onLeave} data-testid="leave-confirm">
          {t('rules.ask.discardDo')}
        </Button>
      </Group>
    </Modal>
  );
}
