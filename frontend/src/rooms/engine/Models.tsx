import { IconPin } from '@tabler/icons-react';
import type { Engine, EngineModel } from '@/contract/engine';
import { formatBytes, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { Known } from './Known';
import { Nothing, Panel } from './Panel';
import { laneName, modelName, modelState } from './words';
import classes from './Engine.module.css';

/** What is loaded, how much memory it takes, and when it was used last. */
export function Models({ engines }: { engines: readonly Engine[] }) {
  const { t, language } = useTexts();
  const models = engines.flatMap((engine) => (engine.models ?? []).map((model) => ({ engine: engine.name, model })));
  const others = engines.flatMap(({ other_models: hidden }) => (hidden === null || hidden.count === 0 ? [] : [hidden]));
  return (
    <Panel id="models" title={t('engine.models')} action="panelModels" quiet={models.length === 0}>
      {models.length === 0 ? (
        <Nothing known={engines.some(({ models: told }) => told !== null)}>{t('engine.noModels')}</Nothing>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('engine.columns.model')}</th>
              <th scope="col">{t('engine.columns.state')}</th>
              <th scope="col" className={classes.number}>{t('engine.columns.weights')}</th>
              <th scope="col" className={classes.number}>{t('engine.columns.workspace')}</th>
              <th scope="col" className={classes.number}>{t('engine.columns.used')}</th>
            </tr>
          </thead>
          <tbody>
            {models.map(({ engine, model }) => (
              <ModelRow key={`${engine} ${model.lane ?? ''} ${model.sha256 ?? ''}`} model={model} />
            ))}
          </tbody>
        </table>
      )}
      {others.map((hidden, at) => (
        <p key={at} className={classes.foot}>
          {t('engine.otherModels', { count: hidden.count, bytes: hidden.bytes === null ? t('engine.unknown') : formatBytes(hidden.bytes, language) })}
        </p>
      ))}
    </Panel>
  );
}

function ModelRow({ model }: { model: EngineModel }) {
  const texts = useTexts();
  const { t, language } = texts;
  const { main, under } = modelName(model, texts);
  const { tone, word } = modelState(model.state, t);
  return (
    <tr data-testid="engine-model" data-state={model.state}>
      <td title={model.sha256 ?? undefined}>
        <div className={classes.two}>
          <span className={classes.line}>
            <span className={classes.jobName}>{main}</span>
            <span className={classes.dim}>{laneName(model.lane, t)}</span>
            {model.pinned === true && (
              <span className={classes.pin} title={t('engine.pinnedLong')}>
                <IconPin size={12} stroke={1.8} aria-hidden="true" />
                {t('engine.pinned')}
              </span>
            )}
          </span>
          {under !== null && <span className={classes.under}>{under}</span>}
        </div>
      </td>
      <td><Mark tone={tone}>{word}</Mark></td>
      <td className={classes.number}><Known value={model.bytes}>{(bytes) => formatBytes(bytes, language)}</Known></td>
      <td className={classes.number}><Known value={model.workspace_bytes}>{(bytes) => formatBytes(bytes, language)}</Known></td>
      <td className={classes.number}><Known value={model.last_used_s}>{(seconds) => formatSpan(seconds, language)}</Known></td>
    </tr>
  );
}
