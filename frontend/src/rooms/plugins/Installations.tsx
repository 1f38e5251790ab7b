import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useMayAdminister } from '@/api/session';
import { MOVES, type Installation, type Move, type PluginVersion, type PluginVersions } from '@/contract/plugins';
import { formatAgo, formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { byWeight } from './choose';
import { InstallQuestion } from './InstallQuestion';
import { MoveQuestion, type Asked } from './MoveQuestion';
import { ParametersQuestion, SetValues } from './Parameters';
import { departmentLabel, placeName, StateMark } from './words';
import classes from './Plugins.module.css';

/** Where a version stands in the hospital, and what an administrator can do about it. */
export function Installations({ plugin, all }: { plugin: PluginVersion; all: PluginVersions }) {
  const { t } = useTexts();
  const mayAdminister = useMayAdminister();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [installing, setInstalling] = useState(false);
  const [setting, setSetting] = useState<Installation | null>(null);
  const [nowMs] = useState(() => Date.now());
  const rows = byWeight(plugin.installations);
  return (
    <section className={classes.here} aria-labelledby="here-title" data-testid="installations">
      <header className={classes.hereHead}>
        <h3 id="here-title" className={classes.sectionTitle}>
          {t('plugins.inHospital')}
        </h3>
        {mayAdminister && (
          <span className={classes.acts}>
            <Button component={Link} to={`/rules?q=${encodeURIComponent(plugin.plugin_id)}`} size="compact-xs" variant="subtle" color="gray">
              {t('plugins.openRules')}
            </Button>
            {plugin.yanked === null && (
              <Button size="compact-xs" variant="light" onClick={() => setInstalling(true)} data-testid="install">
                {t('plugins.install')}
              </Button>
            )}
          </span>
        )}
      </header>
      {rows.length === 0 && <p className={classes.under}>{t('plugins.nowhere')}</p>}
      <ul className={classes.rows}>
        {rows.map((row) => (
          <InstallationRow key={row.id} plugin={plugin} row={row} nowMs={nowMs} mayAdminister={mayAdminister} onMove={(move) => setAsked({ move, plugin, installation: row })} onSet={() => setSetting(row)} />
        ))}
      </ul>
      <MoveQuestion asked={asked} versions={all.plugins} onClose={() => setAsked(null)} />
      <ParametersQuestion plugin={plugin} installation={setting} onClose={() => setSetting(null)} />
      <InstallQuestion plugin={installing ? plugin : null} departments={all.departments} onClose={() => setInstalling(false)} />
    </section>
  );
}

interface InstallationRowProps {
  plugin: PluginVersion;
  row: Installation;
  nowMs: number;
  mayAdminister: boolean;
  onMove: (move: Move) => void;
  onSet: () => void;
}

/** States in which a version runs no more here, so that nothing is to be set. */
const OVER = new Set(['uninstalled', 'yanked']);

function InstallationRow({ plugin, row, nowMs, mayAdminister, onMove, onSet }: InstallationRowProps) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const place = row.department === null ? t('plugins.wholeHospital') : departmentLabel(row.department, texts);
  const moves = MOVES.filter((move) => row.may.includes(move));
  return (
    <li data-testid="installation" data-state={row.state}>
      <StateMark installation={row} />
      <span className={classes.two}>
        <span>{place}</span>
        <span className={classes.under} title={formatExact(row.changed_at, language)}>
          {t('plugins.changed', { by: row.changed_by || '—', ago: formatAgo(row.changed_at, nowMs, language) })}
        </span>
        {plugin.parameters !== null && <SetValues form={plugin.parameters} installation={row} />}
      </span>
      {mayAdminister && (
        <span className={classes.acts}>
          {plugin.parameters !== null && !OVER.has(row.state) && (
            <Button size="compact-xs" variant="default" onClick={onSet} aria-label={t('plugins.parameters.of', { title: pick(plugin.title), version: plugin.version, place: placeName(row.department, texts) })} data-testid="parameters">
              {t('plugins.parameters.title')}
            </Button>
          )}
          {moves.map((move) => (
            <Button
              key={move}
              size="compact-xs"
              variant={move === 'enable' ? 'light' : 'default'}
              disabled={move === 'enable' && plugin.blocked !== null}
              title={move === 'enable' && plugin.blocked !== null ? pick(plugin.blocked) : undefined}
              aria-label={t('plugins.moveOf', { move: t(`plugins.moves.${move}`), title: pick(plugin.title), version: plugin.version, place: placeName(row.department, texts) })}
              onClick={() => onMove(move)}
              data-testid={`move-${move}`}
            >
              {t(`plugins.moves.${move}`)}
            </Button>
          ))}
        </span>
      )}
    </li>
  );
}
