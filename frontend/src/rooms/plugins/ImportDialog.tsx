import { Button, Group, Modal, Progress } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPackageImport } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useImport } from '@/api/plugins';
import { useTexts } from '@/i18n/language';
import { formatBytes, formatShare } from '@/i18n/format';
import { failureWords } from '@/ui/FailurePanel';
import { faultsOf } from './refusal';
import classes from './Plugins.module.css';

/** Takes a package in: a file that is dropped or chosen, its way, and the refusal with its place. */
export function ImportDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('plugins.importTitle')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="import-dialog">
      {opened && <Import onClose={onClose} />}
    </Modal>
  );
}

function Import({ onClose }: { onClose: () => void }) {
  const { t, pick } = useTexts();
  const order = useImport();
  const [, setAddress] = useSearchParams();
  const [sent, setSent] = useState<{ file: File; share: number } | null>(null);
  const [tooMany, setTooMany] = useState(false);
  const calledOff = useRef<AbortController | null>(null);
  const send = (files: readonly File[]): void => {
    const [file] = files;
    setTooMany(files.length > 1);
    if (file === undefined || files.length > 1 || order.isPending) {
      return;
    }
    const controller = new AbortController();
    calledOff.current = controller;
    setSent({ file, share: 0 });
    order.mutate(
      { file, options: { signal: controller.signal, onProgress: (share) => setSent({ file, share }) } },
      {
        onSuccess: (plugin) => {
          notifications.show({ message: t('plugins.done.import', { title: pick(plugin.title), version: plugin.version }), color: 'teal', autoClose: 8000 });
          setAddress({ v: plugin.id }, { replace: true });
          onClose();
        },
      },
    );
  };
  const stop = (): void => {
    calledOff.current?.abort();
    order.reset();
    setSent(null);
  };
  const isCalledOff = order.error instanceof DOMException;
  if (order.isPending && sent !== null) {
    return <OnItsWay file={sent.file} share={sent.share} onStop={stop} />;
  }
  return (
    <div className={classes.question}>
      {order.isError && !isCalledOff && sent !== null && <Refused failure={order.error} file={sent.file} />}
      {tooMany && (
        <p className={classes.careful} role="status">
          {t('plugins.importOne')}
        </p>
      )}
      <DropZone onFiles={send} again={order.isError && !isCalledOff} />
      <p className={classes.under}>{t('plugins.importHelp')}</p>
    </div>
  );
}

function DropZone({ onFiles, again }: { onFiles: (files: readonly File[]) => void; again: boolean }) {
  const { t } = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  return (
    <div
      className={classes.drop}
      data-over={isOver || undefined}
      data-testid="drop"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <IconPackageImport size={28} stroke={1.5} aria-hidden="true" />
      <span>{t('plugins.importDrop')}</span>
      <Button size="sm" variant={again ? 'default' : 'light'} onClick={() => input.current?.click()} data-autofocus data-testid="choose-file">
        {t(again ? 'plugins.importAgain' : 'plugins.importChoose')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".allward"
        hidden
        aria-label={t('plugins.importFile')}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
        data-testid="file"
      />
    </div>
  );
}

/** First it is sent, then it is checked; the second takes as long as it takes. */
function OnItsWay({ file, share, onStop }: { file: File; share: number; onStop: () => void }) {
  const { t, language } = useTexts();
  const isSent = share >= 1;
  const words = t(isSent ? 'plugins.importChecking' : 'plugins.importSending', { name: file.name });
  return (
    <div className={classes.question} role="status" data-testid="import-progress">
      <div className={classes.way}>
        <span className={classes.cut}>{words}</span>
        <span className={`${classes.dim ?? ''} numbers`}>
          {formatBytes(file.size, language)}
          {!isSent && ` · ${formatShare(share, language)}`}
        </span>
      </div>
      <Progress value={isSent ? 100 : share * 100} animated={isSent} size="sm" aria-label={words} />
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onStop} data-testid="import-stop">
          {t('plugins.importStop')}
        </Button>
      </Group>
    </div>
  );
}

/** Why a package was not taken in: each fault with its place. */
function Refused({ failure, file }: { failure: unknown; file: File }) {
  const texts = useTexts();
  const { t } = texts;
  const { what, help } = failureWords(failure, texts);
  const { headline, faults } = faultsOf(what);
  return (
    <div className={classes.notice} data-tone="danger" role="alert" data-testid="import-refused">
      <strong>{t('plugins.importRefused')}</strong>
      <p>
        {file.name} · {headline}
        {help !== null && ` ${help}`}
      </p>
      {faults.length > 0 && (
        <table className={classes.small}>
          <thead>
            <tr>
              <th scope="col">{t('plugins.importPlace')}</th>
              <th scope="col">{t('plugins.importFault')}</th>
            </tr>
          </thead>
          <tbody>
            {faults.map(({ place, words }) => (
              <tr key={`${place ?? ''} ${words}`} data-testid="fault">
                <td>
                  <code>{place ?? '—'}</code>
                </td>
                <td>{words}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
