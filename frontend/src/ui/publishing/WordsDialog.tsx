import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Publishing.module.css';

interface WordsDialogProps {
  title: string;
  /** What will happen, a sentence each. */
  happens: readonly string[];
  label: string;
  confirm: string;
  isDangerous?: boolean;
  mostLetters: number;
  failure: unknown;
  isPending: boolean;
  onGo: (words: string) => void;
  onClose: () => void;
}

/** An act that needs words: what happens stands above the field, and nothing happens without words. */
export function WordsDialog({ title, happens, label, confirm, isDangerous = false, mostLetters, failure, isPending, onGo, onClose }: WordsDialogProps) {
  const texts = useTexts();
  const { t } = texts;
  const [words, setWords] = useState('');
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="words-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onGo(words.trim());
        }}
      >
        <ul className={classes.happens} data-testid="happens">
          {happens.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <Textarea label={label} value={words} onChange={(event) => setWords(event.currentTarget.value)} maxLength={mostLetters} rows={4} required data-autofocus data-testid="words" />
        {failure !== null && (
          <p className={classes.bad} role="alert" data-testid="words-refused">
            {failureWords(failure, texts).what}
          </p>
        )}
        <Group justify="flex-end" mt="md">
          <Button size="sm" variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button size="sm" type="submit" {...(isDangerous ? { color: 'red' } : {})} loading={isPending} disabled={words.trim() === ''} data-testid="words-confirm">
            {confirm}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
