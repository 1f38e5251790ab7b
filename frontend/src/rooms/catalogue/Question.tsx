import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Catalogue.module.css';

interface QuestionProps {
  opened: boolean;
  title: string;
  /** What follows, one sentence each. */
  lines: readonly string[];
  confirm: string;
  isDanger?: boolean;
  order: { isError: boolean; isPending: boolean; error: unknown };
  onConfirm: () => void;
  onClose: () => void;
  /** What it is about. */
  children?: ReactNode;
}

/** Says what follows before something is said for the whole hospital. */
export function Question({ opened, title, lines, confirm, isDanger = false, order, onConfirm, onClose, children }: QuestionProps) {
  const texts = useTexts();
  const { t } = texts;
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={title} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="question">
      <div className={classes.question}>
        <ul className={classes.happens} data-testid="happens">
          {[...lines, t('catalogue.audit')].map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {children}
        {order.isError && (
          <p className={classes.refused} role="alert" data-testid="question-refused">
            {failureWords(order.error, texts).what}
          </p>
        )}
        <Group justify="flex-end" mt="md">
          <Button size="sm" variant="default" onClick={onClose} data-autofocus>
            {t('common.cancel')}
          </Button>
          <Button size="sm" {...(isDanger ? { color: 'red' } : {})} loading={order.isPending} onClick={onConfirm} data-testid="question-confirm">
            {confirm}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
