import type { Engine, Ledger } from '@/contract/engine';
import { formatBytes } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Panel } from './Panel';
import classes from './Engine.module.css';

const MIB = 2 ** 20;

/** What each engine has reserved of the device's memory and of the host's. */
export function Memory({ engines }: { engines: readonly Engine[] }) {
  const { t, language } = useTexts();
  const up = engines.filter(({ state }) => state === 'up');
  return (
    <Panel id="memory" title={t('engine.memory')} action="panelMemory">
      <div className={classes.memory}>
        {up.map((engine) => (
          <div key={engine.name} className={classes.ledgers}>
            {engine.ledger === null && engine.host_ledger === null && <p className={classes.dim}>{t('engine.noLedger')}</p>}
            {engine.ledger !== null && <LedgerBar title={t('engine.device')} ledger={engine.ledger} modelBytes={sumOf(engine)} />}
            {engine.host_ledger !== null && <LedgerBar title={t('engine.host')} ledger={engine.host_ledger} modelBytes={null} />}
            {engine.resident_mib !== null && engine.peak_resident_mib !== null && (
              <p className={classes.under}>
                {t('engine.processMemory', { now: formatBytes(engine.resident_mib * MIB, language), peak: formatBytes(engine.peak_resident_mib * MIB, language) })}
              </p>
            )}
          </div>
        ))}
        {up.length === 0 && <p className={classes.dim}>{t('engine.unknownLong')}</p>}
        {up.length > 0 && (
          <div className={classes.legend} aria-hidden="true">
            <span data-part="models">{t('engine.weightsLegend')}</span>
            <span data-part="work">{t('engine.workLegend')}</span>
            <span data-part="free">{t('engine.freeLegend')}</span>
          </div>
        )}
      </div>
    </Panel>
  );
}

/** Bytes of all models that are on the device; `null` where one of them is not known. */
export function sumOf({ models, other_models: others }: Pick<Engine, 'models' | 'other_models'>): number | null {
  if (models === null) {
    return null;
  }
  const all = [...models.map(({ bytes }) => bytes), others === null || others.count === 0 ? 0 : others.bytes];
  return all.some((bytes) => bytes === null) ? null : all.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
}

interface LedgerBarProps {
  title: string;
  ledger: Ledger;
  modelBytes: number | null;
}

function LedgerBar({ title, ledger, modelBytes }: LedgerBarProps) {
  const { t, language } = useTexts();
  const { capacity_bytes: capacity, reserved_bytes: reserved, free_bytes: free } = ledger;
  const words = (value: number | null): string => (value === null ? t('engine.unknown') : formatBytes(value, language));
  const held = reserved ?? 0;
  const models = Math.min(held, modelBytes ?? 0);
  const percent = (value: number): string => `${capacity === null || capacity === 0 ? 0 : Math.min(100, (value / capacity) * 100)}%`;
  return (
    <div className={classes.ledger} data-testid="ledger">
      <div className={classes.line}>
        <span className={classes.laneName}>{title}</span>
        <span className={`${classes.right ?? ''} numbers`}>
          {t('engine.reserved', { reserved: words(reserved), capacity: words(capacity) })}
          <span className={classes.dim}>{t('engine.free', { free: words(free) })}</span>
        </span>
      </div>
      <div className={classes.bar} role="meter" aria-label={title} aria-valuemin={0} aria-valuemax={100} aria-valuenow={capacity === null || capacity === 0 ? 0 : Math.round((held / capacity) * 100)}>
        <span data-part="models" style={{ width: percent(models) }} />
        <span data-part="work" style={{ width: percent(held - models) }} />
      </div>
    </div>
  );
}
