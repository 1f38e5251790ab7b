import { Button, Skeleton } from '@mantine/core';
import { useState } from 'react';
import { useMayAdminister } from '@/api/session';
import { useShadows } from '@/api/shadow';
import type { Installation, PluginVersion } from '@/contract/plugins';
import type { ShadowDetail, Shadows } from '@/contract/shadow';
import { formatAgo, formatCount, formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { byWeight } from './choose';
import { DriftPart } from './ShadowDrift';
import { ShadowFigures } from './ShadowFigures';
import { BeginShadow, EndShadow } from './ShadowQuestion';
import { departmentLabel } from './words';
import classes from './Shadow.module.css';

const GONE = new Set(['uninstalled', 'yanked']);

/** Of each place where a version is installed: its shadow, or how it drifts where it is enabled. */
export function ShadowPart({ plugin }: { plugin: PluginVersion }) {
  const { t } = useTexts();
  const rows = byWeight(plugin.installations).filter(({ state }) => !GONE.has(state));
  if (!useMayAdminister()) {
    return <p className={classes.line}>{t('shadow.forAdministrators')}</p>;
  }
  if (rows.length === 0) {
    return <p className={classes.line}>{t('shadow.nowhere')}</p>;
  }
  return (
    <>
      {rows.map((row) => (
        <PlacePart key={row.id} plugin={plugin} installation={row} />
      ))}
    </>
  );
}

export interface PlaceProps {
  plugin: PluginVersion;
  installation: Installation;
}

function PlacePart({ plugin, installation }: PlaceProps) {
  const texts = useTexts();
  const { t } = texts;
  const place = installation.department === null ? t('plugins.wholeHospital') : departmentLabel(installation.department, texts);
  const enabled = installation.state === 'enabled';
  const known = useShadows(installation.id);
  return (
    <section className={classes.place} aria-label={place} data-testid="shadow-place">
      {enabled && <DriftPart installation={installation} place={place} />}
      {known.isError && known.data === undefined && <FailurePanel title={t('shadow.failedTitle')} failure={known.error} onRetry={() => void known.refetch()} />}
      {known.isPending && <Skeleton height={120} radius={8} aria-label={t('common.loading')} />}
      {known.data !== undefined && !(enabled && known.data.shadow === null) && <ShadowOf plugin={plugin} installation={installation} place={place} known={known.data} />}
    </section>
  );
}

const TONES = { running: 'info', stopped: 'warn', ended: 'neutral' } as const;

function ShadowOf({ plugin, installation, place, known }: PlaceProps & { place: string; known: Shadows }) {
  const { t } = useTexts();
  const [asked, setAsked] = useState<'begin' | 'end' | null>(null);
  const { shadow, earlier } = known;
  return (
    <>
      <header className={classes.placeHead}>
        <h3>
          {t('shadow.shadowTitle')} · {place}
        </h3>
        {shadow !== null && (
          <Mark tone={TONES[shadow.state]} testId="shadow-state">
            {t(`shadow.state.${shadow.state}`)}
          </Mark>
        )}
        <Acts plugin={plugin} installation={installation} shadow={shadow} onAsk={setAsked} />
      </header>
      {shadow === null ? <p className={classes.line}>{t('shadow.none')}</p> : <ShadowShown shadow={shadow} />}
      {earlier.length > 0 && <p className={classes.line}>{t('shadow.earlier', { count: earlier.length })}</p>}
      <BeginShadow plugin={plugin} installation={asked === 'begin' ? installation : null} onClose={() => setAsked(null)} />
      <EndShadow installation={asked === 'end' ? installation : null} onClose={() => setAsked(null)} />
    </>
  );
}

/** The one thing that can be done now: end what runs, or begin where the version is not seen already. */
function Acts({ plugin, installation, shadow, onAsk }: PlaceProps & { shadow: ShadowDetail | null; onAsk: (what: 'begin' | 'end') => void }) {
  const { t, pick } = useTexts();
  if (shadow !== null && shadow.state !== 'ended') {
    return (
      <Button className={classes.end ?? ''} size="compact-xs" variant="default" onClick={() => onAsk('end')} data-testid="shadow-end">
        {t('shadow.end')}
      </Button>
    );
  }
  return installation.state === 'enabled' ? null : (
    <Button
      className={classes.end ?? ''}
      size="compact-xs"
      variant="light"
      disabled={plugin.blocked !== null}
      title={plugin.blocked === null ? undefined : pick(plugin.blocked)}
      onClick={() => onAsk('begin')}
      data-testid="shadow-begin"
    >
      {t(shadow === null ? 'shadow.begin' : 'shadow.beginAgain')}
    </Button>
  );
}

function ShadowShown({ shadow }: { shadow: ShadowDetail }) {
  const { t, pick, language } = useTexts();
  const [nowMs] = useState(() => Date.now());
  const ago = (iso: string): string => formatAgo(iso, nowMs, language);
  return (
    <>
      <p className={classes.line}>
        {t('shadow.share', { share: formatCount(shadow.share_percent, language) })} · {t('shadow.begunBy', { by: shadow.begun_by || '—', ago: ago(shadow.begun_at) })}
        {shadow.ended_at !== null && ` · ${t('shadow.endedBy', { by: shadow.ended_by || '—', ago: ago(shadow.ended_at) })}`}
      </p>
      {shadow.kept_back !== null && (
        <div className={classes.verdict} data-tone="warn" role="status" data-testid="shadow-kept-back">
          {t('shadow.keptBack', { reason: pick(shadow.kept_back) })}
        </div>
      )}
      <Verdict shadow={shadow} />
      <ShadowFigures shadow={shadow} />
    </>
  );
}

/** What the guard says, in words. */
function Verdict({ shadow: { worse, guard, statistics } }: { shadow: ShadowDetail }) {
  const { t, pick, language } = useTexts();
  if (worse !== null) {
    return (
      <div className={classes.verdict} data-tone="danger" role="status" data-testid="shadow-worse">
        <strong>{t('shadow.worse')}</strong>
        <p>{t('shadow.worseSince', { time: formatExact(worse.at, language) })}</p>
        <ul>
          {worse.reasons.map((reason) => (
            <li key={reason.code + reason.en}>{pick(reason)}</li>
          ))}
        </ul>
      </div>
    );
  }
  const early = statistics.paired < guard.least_cases;
  return (
    <div className={classes.verdict} data-tone={early ? 'neutral' : 'ok'} data-testid="shadow-verdict">
      {early ? t('shadow.tooEarly', { paired: formatCount(statistics.paired, language), least: formatCount(guard.least_cases, language) }) : t('shadow.noSign')}
    </div>
  );
}
