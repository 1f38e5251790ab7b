import { Skeleton, Tabs } from '@mantine/core';
import type { Ref } from 'react';
import { useVersion } from '@/api/plugins';
import { useMayAdminister } from '@/api/session';
import type { PluginDetail, PluginVersion, PluginVersions } from '@/contract/plugins';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Markdown } from '@/ui/Markdown';
import { Delivered } from './Delivered';
import { Evidence } from './Evidence';
import { History } from './History';
import { Installations } from './Installations';
import { Papers } from './Papers';
import { ShadowPart } from './Shadow';
import { StandingMark, StatusMark } from './words';
import classes from './Plugins.module.css';

interface PluginPanelProps {
  plugin: PluginVersion;
  all: PluginVersions;
  ref: Ref<HTMLElement>;
}

/** All that is known of one version: how it stands here first, then the evidence. */
export function PluginPanel({ plugin, all, ref }: PluginPanelProps) {
  const { t, pick } = useTexts();
  const detail = useVersion(plugin.id);
  return (
    <section ref={ref} className={classes.panel} tabIndex={-1} aria-labelledby="plugin-title" data-testid="plugin-panel">
      <header className={classes.panelHead}>
        <h2 id="plugin-title" className={classes.panelTitle}>
          {pick(plugin.title)} <span className="numbers">{plugin.version}</span>
        </h2>
        <div className={classes.marks}>
          <StatusMark status={plugin.status} />
          <StandingMark plugin={plugin} />
          <span className={classes.dim}>{plugin.vendor}</span>
        </div>
      </header>
      <Notices plugin={plugin} />
      <Installations plugin={plugin} all={all} />
      {detail.isError && detail.data === undefined ? (
        <FailurePanel title={t('plugins.failedTitle')} failure={detail.error} onRetry={() => void detail.refetch()} />
      ) : (
        <Papered plugin={plugin} detail={detail.data ?? null} />
      )}
    </section>
  );
}

const TABS = ['evidence', 'shadow', 'card', 'papers', 'history'] as const;

function Papered({ plugin, detail }: { plugin: PluginVersion; detail: PluginDetail | null }) {
  const { t } = useTexts();
  const mayAdminister = useMayAdminister();
  const waiting = <Skeleton height={260} radius={8} aria-label={t('common.loading')} />;
  return (
    <Tabs defaultValue="evidence" className={classes.tabs} keepMounted={false}>
      <Tabs.List>
        {TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab} data-testid={`tab-${tab}`}>
            {t(tab === 'shadow' ? 'shadow.tab' : `plugins.tabs.${tab}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="evidence" className={classes.tab}>
        <Evidence plugin={plugin} detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="shadow" className={classes.tab}>
        <ShadowPart plugin={plugin} />
      </Tabs.Panel>
      <Tabs.Panel value="card" className={classes.tab}>
        {detail === null ? waiting : <Markdown text={detail.model_card} under={2} />}
      </Tabs.Panel>
      <Tabs.Panel value="papers" className={classes.tab}>
        {detail === null ? waiting : <Papers detail={detail} />}
      </Tabs.Panel>
      <Tabs.Panel value="history" className={classes.tab}>
        {detail === null ? waiting : <History lines={detail.history} installations={detail.installations} mayRead={mayAdminister} />}
      </Tabs.Panel>
    </Tabs>
  );
}

/** What must not be overlooked: it is withdrawn, it is blocked, or a time runs out. */
function Notices({ plugin }: { plugin: PluginVersion }) {
  const { t, pick, language } = useTexts();
  const { yanked, blocked, warnings } = plugin;
  return (
    <>
      {yanked !== null && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="yanked">
          <strong>{t('plugins.yankedBy', { by: yanked.by, time: formatExact(yanked.at, language) })}</strong>
          <p>{yanked.reason}</p>
          <Delivered key={plugin.id} versionId={plugin.id} />
        </div>
      )}
      {blocked !== null && yanked === null && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="blocked">
          <strong>{t('plugins.blocked')}</strong>
          <p>{pick(blocked)}</p>
        </div>
      )}
      {warnings.map((warning) => (
        <div key={warning.en} className={classes.notice} data-tone="warn" role="status" data-testid="warning">
          <strong>{t('plugins.attention')}</strong>
          <p>{pick(warning)}</p>
        </div>
      ))}
    </>
  );
}
