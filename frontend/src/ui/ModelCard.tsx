import { Button, Group, Modal, Skeleton } from '@mantine/core';
import { Link } from 'react-router';
import { useVersion, useVersions } from '@/api/plugins';
import type { PluginDetail } from '@/contract/plugins';
import type { PluginUsed } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { failureWords } from './FailurePanel';
import { Markdown } from './Markdown';
import { Mark } from './Mark';
import classes from './ModelCard.module.css';

export type CardOf = Pick<PluginUsed, 'id' | 'version' | 'title' | 'status'>;

/** What a plug-in says of itself, over whatever the reader was looking at. */
export function ModelCard({ plugin, onClose }: { plugin: CardOf | null; onClose: () => void }) {
  const { t, pick } = useTexts();
  const name = plugin === null ? '' : t('common.modelCardOf', { title: pick(plugin.title), version: plugin.version });
  return (
    <Modal opened={plugin !== null} onClose={onClose} size="xl" title={name} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="model-card">
      {plugin !== null && <Body plugin={plugin} />}
    </Modal>
  );
}

function Body({ plugin }: { plugin: CardOf }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const all = useVersions();
  const known = all.data?.plugins.find((one) => one.plugin_id === plugin.id && one.version === plugin.version) ?? null;
  const detail = useVersion(known?.id ?? null);
  const failure = all.error ?? detail.error;
  if (failure !== null) {
    const { what, help } = failureWords(failure, texts);
    return <p role="alert">{[what, help].filter(Boolean).join(' ')}</p>;
  }
  if (all.isSuccess && known === null) {
    return <p role="status">{t('common.modelCardUnknown', { title: pick(plugin.title), version: plugin.version })}</p>;
  }
  return detail.data === undefined ? <Skeleton height={320} aria-label={t('common.loading')} /> : <Card plugin={detail.data} />;
}

function Card({ plugin }: { plugin: PluginDetail }) {
  const { t, pick } = useTexts();
  return (
    <>
      <div className={classes.head}>
        {plugin.status === 'research' && (
          <Mark tone="warn" outline="solid" dot={false} title={t('common.researchOnlyLong')} testId="card-ruo">
            {t('common.researchOnly')}
          </Mark>
        )}
        <span className={classes.vendor}>{plugin.vendor}</span>
      </div>
      <dl className={classes.use}>
        <dt>{t('common.intendedUse')}</dt>
        <dd>{pick(plugin.statement)}</dd>
        {plugin.contraindications.length > 0 && (
          <>
            <dt>{t('common.notFor')}</dt>
            {plugin.contraindications.map((one) => (
              <dd key={one.en}>{pick(one)}</dd>
            ))}
          </>
        )}
      </dl>
      <Markdown text={plugin.model_card} under={2} />
      <Group justify="flex-end" mt="md">
        <Button component={Link} to={`/plugins?v=${plugin.id}`} size="sm" variant="default">
          {t('common.modelCardMore')}
        </Button>
      </Group>
    </>
  );
}
