import { Button } from '@mantine/core';
import type { Result } from '@/contract/results';
import type { PluginUsed, Run } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { ModelCard } from '@/ui/ModelCard';
import { setViewer, useViewer } from './viewerState';
import classes from './Findings.module.css';

/** Which plug-ins spoke, each with its model card: for results without a finding too. */
export function ModelsUsed({ results, runs }: { results: readonly Result[]; runs: readonly Run[] }) {
  const { t, pick } = useTexts();
  const open = useViewer(({ modelCard }) => modelCard);
  return (
    <>
      <ul className={classes.models} hidden={results.length === 0} data-testid="models-used">
        {pluginsOf(results, runs).map((plugin) => (
          <li key={`${plugin.id} ${plugin.version}`} data-testid="model-used">
            {plugin.status === 'research' && (
              <Mark tone="warn" outline="solid" dot={false} title={t('common.researchOnlyLong')}>
                {t('common.researchOnlyShort')}
              </Mark>
            )}
            <span className={classes.madeBy} title={pick(plugin.title)}>
              {pick(plugin.title)} {plugin.version}
            </span>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={t('common.modelCardOf', { title: pick(plugin.title), version: plugin.version })}
              onClick={() => setViewer({ modelCard: plugin })}
              data-testid="model-card-of"
            >
              {t('common.modelCard')}
            </Button>
          </li>
        ))}
      </ul>
      <ModelCard plugin={open} onClose={() => setViewer({ modelCard: null })} />
    </>
  );
}

/** The plug-ins of the runs that these results came from, each once. */
export function pluginsOf(results: readonly Result[], runs: readonly Run[]): PluginUsed[] {
  const used = results.flatMap((result) => runs.find(({ run_id }) => run_id === result.run_id)?.plugins ?? []);
  return used.filter((one, at) => used.findIndex(({ id, version }) => id === one.id && version === one.version) === at);
}
