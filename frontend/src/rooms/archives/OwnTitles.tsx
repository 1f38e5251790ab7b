import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useGiveTitleBack, useOwnTitles } from '@/api/archives';
import type { OwnTitle } from '@/contract/archives';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Archives.module.css';

/** Under which AE titles the hospital calls archives. One that no archive needs can be given back. */
export function OwnTitles() {
  const { t } = useTexts();
  const { data: titles } = useOwnTitles();
  const [asked, setAsked] = useState<OwnTitle | null>(null);
  if (titles === undefined || titles.length === 0) {
    return null;
  }
  return (
    <section className={classes.titles} aria-labelledby="own-titles" data-testid="own-titles">
      <h2 id="own-titles" className={classes.titlesTitle}>
        {t('archives.titles.title')}
      </h2>
      <p className={classes.under}>{t('archives.titles.help')}</p>
      <ul>
        {titles.map((one) => (
          <li key={one.id} data-testid="own-title">
            <code>{one.ae_title}</code>
            <span className={classes.under}>{one.archives.length === 0 ? t('archives.titles.unused') : t('archives.titles.usedBy', { archives: one.archives.join(', ') })}</span>
            {one.archives.length === 0 && (
              <Button size="compact-sm" variant="default" aria-label={t('archives.titles.giveBackOf', { title: one.ae_title })} onClick={() => setAsked(one)} data-testid="give-title-back">
                {t('archives.titles.giveBack')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={asked === null ? '' : t('archives.titles.ask', { title: asked.ae_title })} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="title-question">
        {asked !== null && <Question asked={asked} onClose={() => setAsked(null)} />}
      </Modal>
    </section>
  );
}

/** Says what follows before a title is given back. */
function Question({ asked, onClose }: { asked: OwnTitle; onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useGiveTitleBack();
  const go = (): void =>
    order.mutate(asked.id, {
      onSuccess: () => {
        notifications.show({ message: t('archives.titles.done', { title: asked.ae_title }), color: 'teal' });
        onClose();
      },
    });
  return (
    <>
      <p className={classes.words}>{t('archives.titles.follows')}</p>
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="title-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" color="red" loading={order.isPending} onClick={go} data-testid="title-confirm">
          {t('archives.titles.giveBack')}
        </Button>
      </Group>
    </>
  );
}
