import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { PluginVersion } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { appName } from '@/ui/appNames';
import { appsOf, byWeight } from './choose';
import { KeyMark, placeName, StandingMark, StatusMark } from './words';
import classes from './Plugins.module.css';

const COLUMNS = ['plugin', 'version', 'state', 'reads', 'app', 'status', 'publisher'] as const;

interface PluginTableProps {
  versions: readonly PluginVersion[];
  selected: string | null;
  onSelect: (id: string) => void;
}

/** Every version in one dense list; versions of one plug-in stand together, the newest first. */
export function PluginTable({ versions, selected, onSelect }: PluginTableProps) {
  const { t } = useTexts();
  return (
    <table className={classes.table} data-testid="plugins">
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col">
              {t(`plugins.columns.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {versions.map((plugin, at) => (
          <PluginRow key={plugin.id} plugin={plugin} follows={versions[at - 1]?.plugin_id === plugin.plugin_id} isSelected={plugin.id === selected} onSelect={() => onSelect(plugin.id)} />
        ))}
      </tbody>
    </table>
  );
}

interface PluginRowProps {
  plugin: PluginVersion;
  /** Another version of the same plug-in stands above. */
  follows: boolean;
  isSelected: boolean;
  onSelect: () => void;
}

function PluginRow({ plugin, follows, isSelected, onSelect }: PluginRowProps) {
  const { t, pick } = useTexts();
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isSelected) {
      row.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);
  return (
    <tr ref={row} data-selected={isSelected || undefined} data-follows={follows || undefined} data-testid="plugin-row" data-plugin={plugin.plugin_id} data-version={plugin.version} onClick={onSelect}>
      <td>
        <div className={classes.two}>
          <button type="button" className={classes.name} aria-pressed={isSelected} title={pick(plugin.title)} data-testid="select-plugin">
            {pick(plugin.title)}
          </button>
          <span className={classes.under}>{follows ? t('plugins.earlier') : plugin.vendor}</span>
        </div>
      </td>
      <td className="numbers">
        <span className={classes.two}>
          {plugin.version}
          {plugin.warnings.length > 0 && (
            <span className={classes.attention} title={plugin.warnings.map(pick).join(' ')} data-testid="attention">
              <IconAlertTriangle size={14} stroke={1.8} aria-hidden="true" />
              {t('plugins.attention')}
            </span>
          )}
        </span>
      </td>
      <td>
        <div className={classes.two}>
          <StandingMark plugin={plugin} />
          <Places plugin={plugin} />
        </div>
      </td>
      <td>
        <span className={classes.line}>
          {plugin.wants.modality.map((modality) => (
            <span key={modality} className={classes.modality}>
              {modality}
            </span>
          ))}
        </span>
      </td>
      <td className={classes.cut}>{appsOf(plugin).map((app) => appName(app, t)).join(', ')}</td>
      <td>
        <StatusMark status={plugin.status} short />
      </td>
      <td>
        <div className={classes.two}>
          <KeyMark publisher={plugin.publisher} />
          <span className={classes.under}>{plugin.publisher?.name ?? ''}</span>
        </div>
      </td>
    </tr>
  );
}

/** Where a version stands; many places are a number. */
function Places({ plugin }: { plugin: PluginVersion }) {
  const texts = useTexts();
  const here = byWeight(plugin.installations).filter(({ state }) => state !== 'uninstalled');
  const names = here.map(({ department }) => placeName(department, texts));
  return (
    <span className={classes.under} title={names.join(', ')}>
      {names.length > 2 ? texts.t('plugins.places', { count: names.length }) : names.join(' · ')}
    </span>
  );
}
