import { Button } from '@mantine/core';
import type { Quarantined } from '@/contract/engine';
import { formatAgo, formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { Nothing, Panel } from './Panel';
import { pluginName } from './words';
import classes from './Engine.module.css';

interface QuarantineProps {
  entries: readonly Quarantined[] | null;
  /** When the page was last told, for "how long ago". */
  nowMs: number;
  selected: string | null;
  mayRelease: boolean;
  onSelect: (key: string) => void;
  onRelease: (entry: Quarantined) => void;
}

/** What is not tried again by itself, and the way to have it tried again. */
export function Quarantine({ entries: told, nowMs, selected, mayRelease, onSelect, onRelease }: QuarantineProps) {
  const { t, pick, language } = useTexts();
  const entries = told ?? [];
  return (
    <Panel
      id="quarantine"
      title={t('engine.quarantine')}
      action="panelQuarantine"
      help={t('engine.quarantineHelp')}
      quiet={entries.length === 0}
      beside={entries.length > 0 && <Mark tone="warn">{entries.length}</Mark>}
    >
      {entries.length === 0 ? (
        <Nothing known={told !== null}>{t('engine.noQuarantine')}</Nothing>
      ) : (
        <ul className={classes.held}>
          {entries.map((entry) => (
            <li key={`${entry.engine} ${entry.key ?? ''}`} data-testid="quarantined" data-selected={entry.key === selected || undefined} aria-current={entry.key === selected || undefined} onClick={() => onSelect(entry.key ?? '')}>
              <div className={classes.two}>
                <span className={classes.line}>
                  <span className={classes.jobName}>{pluginName(entry.plugin_used, pick) ?? entry.plugin ?? t('engine.unknown')}</span>
                  {entry.since !== null && (
                    <span className={classes.dim} title={formatExact(entry.since, language)}>
                      {formatAgo(entry.since, nowMs, language)}
                    </span>
                  )}
                </span>
                <span className={classes.reason}>{entry.reason ?? t('engine.unknownLong')}</span>
              </div>
              {mayRelease && entry.key !== null && (
                <Button size="compact-xs" variant="default" onClick={() => onRelease(entry)} aria-label={t('engine.releaseOf', { plugin: entry.plugin ?? '' })} data-testid="release">
                  {t('engine.release')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
