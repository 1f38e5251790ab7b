import { Button, Group, Modal, Progress } from '@mantine/core';
import { IconPackageExport } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useSubmit } from '@/api/publishing';
import { formatBytes, formatShare } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from '@/ui/publishing/Publishing.module.css';

/** Hands a package in: a file that is dropped or chosen, its way, and why it was not taken. */
export function SubmitDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('vendor.submitTitle')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="submit-dialog">
      {opened && <Submit onClose={onClose} />}
    </Modal>
  );
}

function Submit({ onClose }: { onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useSubmit();
  const [, setAddress] = useSearchParams();
  const [sent, setSent] = useState<{ file: File; share: number } | null>(null);
  const calledOff = useRef<AbortController | null>(null);
  const send = (file: File | undefined): void => {
    if (file === undefined || order.isPending) {
      return;
    }
    const controller = new AbortController();
    calledOff.current = controller;
    setSent({ file, share: 0 });
    order.mutate(
      { file, options: { signal: controller.signal, onProgress: (share) => setSent({ file, share }) } },
      {
        onSuccess: ({ id }) => {
          setAddress({ s: id }, { replace: true });
          onClose();
        },
      },
    );
  };
  if (order.isPending && sent !== null) {
    return <OnItsWay file={sent.file} share={sent.share} onStop={() => calledOff.current?.abort()} />;
  }
  const isRefused = order.isError && !(order.error instanceof DOMException);
  return (
    <>
      {isRefused && (
        <div className={classes.notice} data-tone="danger" role="alert" data-testid="submit-refused">
          <strong>{t('vendor.notTaken', { name: sent?.file.name ?? '' })}</strong>
          <p>{failureWords(order.error, texts).what}</p>
        </div>
      )}
      <DropZone onFile={send} />
      <p className={classes.under}>{t('vendor.submitHelp')}</p>
    </>
  );
}

function DropZone({ onFile }: { onFile: (file: File | undefined) => void }) {
  const { t } = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  return (
    <div
      className={classes.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer.files[0]);
      }}
    >
      <IconPackageExport size={28} stroke={1.5} aria-hidden="true" />
      <span>{t('vendor.drop')}</span>
      <Button size="sm" variant="light" onClick={() => input.current?.click()} data-autofocus data-testid="choose-file">
        {t('common.chooseFile')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".allward"
        hidden
        aria-label={t('vendor.submitTitle')}
        onChange={(event) => {
          onFile(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
        data-testid="file"
      />
    </div>
  );
}

function OnItsWay({ file, share, onStop }: { file: File; share: number; onStop: () => void }) {
  const { t, language } = useTexts();
  const isSent = share >= 1;
  const words = t(isSent ? 'vendor.verifying' : 'vendor.sending', { name: file.name });
  return (
    <div role="status" data-testid="submit-progress">
      <div className={classes.row}>
        <span>{words}</span>
        <span className="numbers">{isSent ? formatBytes(file.size, language) : formatShare(share, language)}</span>
      </div>
      <Progress value={isSent ? 100 : share * 100} animated={isSent} size="sm" aria-label={words} />
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onStop}>
          {t('common.cancel')}
        </Button>
      </Group>
    </div>
  );
}
