import { Button, Textarea } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { useRef, useState, type DragEvent } from 'react';
import { formatBytes } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import classes from './PasteField.module.css';

interface PasteFieldProps {
  label: string;
  description?: string;
  value: string;
  onChange: (text: string) => void;
  /** File names that the dialogue of the system offers, for instance ".json,.txt". */
  accept: string;
  mostBytes: number;
  rows?: number;
  required?: boolean;
  /** What is wrong with the text as it stands. */
  error?: string | null;
}

/** A text that is pasted, or read from a file that is chosen or dropped. */
export function PasteField({ label, description, value, onChange, accept, mostBytes, rows = 7, required = false, error = null }: PasteFieldProps) {
  const { t, language } = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [tooLarge, setTooLarge] = useState<string | null>(null);
  const read = (file: File | undefined): void => {
    if (file === undefined) {
      return;
    }
    const isTooLarge = file.size > mostBytes;
    setTooLarge(isTooLarge ? t('common.fileTooLarge', { name: file.name, size: formatBytes(file.size, language), most: formatBytes(mostBytes, language) }) : null);
    if (!isTooLarge) {
      void file.text().then(onChange);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    read(event.dataTransfer.files[0]);
  };
  return (
    <div
      className={classes.field}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Textarea
        label={label}
        description={description}
        value={value}
        onChange={(event) => {
          setTooLarge(null);
          onChange(event.currentTarget.value);
        }}
        rows={rows}
        required={required}
        spellCheck={false}
        error={tooLarge ?? error}
        classNames={{ input: classes.input ?? '' }}
        data-autofocus
        data-testid="paste"
      />
      <div className={classes.file}>
        <Button size="compact-sm" variant="default" leftSection={<IconFileImport size={15} stroke={1.6} />} onClick={() => input.current?.click()} data-testid="choose-file">
          {t('common.chooseFile')}
        </Button>
        <span>{t('common.orDrop')}</span>
      </div>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        aria-label={label}
        onChange={(event) => {
          read(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
        data-testid="file"
      />
    </div>
  );
}
