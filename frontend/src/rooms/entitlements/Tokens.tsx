import { Button } from '@mantine/core';
import type { Entitlement, Quota } from '@/contract/entitlements';
import type { PluginVersions } from '@/contract/plugins';
import { formatCount, formatDay, formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { slotName } from '@/ui/appNames';
import { CopyText } from '@/ui/CopyText';
import { fullness, lifeOf } from './standing';
import { KindMark, StateMark, subjectOf } from './words';
import classes from './Entitlements.module.css';

const SHOWN_DIGITS = 12;

interface TokensProps {
  entitlements: readonly Entitlement[];
  known: PluginVersions | undefined;
  /** The moment that counts. */
  at: string;
  onRemove: (one: Entitlement) => void;
}

/** Each token as one row: what it is about, how it stands, how long, how many studies. */
export function Tokens({ entitlements, known, at, onRemove }: TokensProps) {
  const texts = useTexts();
  const { t } = texts;
  return (
    <div className={classes.wide} tabIndex={0} role="region" aria-label={t('entitlements.tokens')}>
      <table className={classes.table} data-testid="tokens">
        <thead>
          <tr>
            {(['plugin', 'state', 'holds', 'quota'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`entitlements.columns.${column}`)}
              </th>
            ))}
            <th scope="col">
              <span className="only-read-aloud">{t('entitlements.columns.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entitlements.map((one) => (
            <TokenRow key={one.id} one={one} subject={subjectOf(one.plugin, known, texts)} at={at} onRemove={() => onRemove(one)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TokenRowProps {
  one: Entitlement;
  subject: string;
  at: string;
  onRemove: () => void;
}

function TokenRow({ one, subject, at, onRemove }: TokenRowProps) {
  const { t, pick } = useTexts();
  return (
    <tr data-testid="token" data-state={one.state} data-plugin={one.plugin}>
      <td>
        <span className={classes.line}>
          <strong className={classes.name}>{subject}</strong>
          <KindMark kind={one.kind} />
        </span>
        <span className={classes.under}>{one.publisher ?? t('entitlements.noPublisher')}</span>
        <Facts one={one} />
      </td>
      <td>
        <StateMark state={one.state} />
        <span className={classes.words} data-testid="token-words">
          {pick(one.text)}
        </span>
      </td>
      <td>
        <Holds one={one} at={at} />
      </td>
      <td>{one.quota === null ? <span className={classes.dim}>{t('entitlements.noQuota')}</span> : <QuotaBar quota={one.quota} />}</td>
      <td>
        <Button size="compact-xs" variant="default" onClick={onRemove} aria-label={t('entitlements.removeOf', { title: subject })} data-testid="remove-token">
          {t('entitlements.remove')}
        </Button>
      </td>
    </tr>
  );
}

/** What only somebody who compares it with the publisher's papers wants to know. */
function Facts({ one }: { one: Entitlement }) {
  const { t, language } = useTexts();
  const facts = [
    ['id', <code key="id">{one.plugin}</code>],
    ['features', one.features.length === 0 ? t('entitlements.facts.all') : one.features.map((slot) => slotName(slot, t)).join(', ')],
    ['serial', <CopyText key="serial" value={one.serial} what={t('entitlements.facts.serial')} />],
    ['key', <CopyText key="key" value={one.keyid} what={t('entitlements.facts.key')} shown={SHOWN_DIGITS} />],
    ['exact', `${formatExact(one.not_before, language)} – ${formatExact(one.expires, language)}`],
    ['issued', formatExact(one.issued_at, language)],
    ['installed', t('entitlements.facts.installedBy', { time: formatExact(one.installed_at, language), by: one.installed_by || '—' })],
  ] as const;
  return (
    <details className={classes.more}>
      <summary>{t('entitlements.more')}</summary>
      <dl className={classes.facts}>
        {facts.map(([name, said]) => (
          <div key={name}>
            <dt>{t(`entitlements.facts.${name}`)}</dt>
            <dd>{said}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** The life of a token as a line: what has passed, what is left, and the grace after it. */
function Holds({ one, at }: { one: Entitlement; at: string }) {
  const { t, language } = useTexts();
  const { stretch, daysLeft, passed, paid } = lifeOf(one, at);
  return (
    <div className={classes.holds}>
      <span className="numbers">
        {formatDay(one.not_before, language)} – {formatDay(one.expires, language)}
      </span>
      <span className={classes.life} data-stretch={one.runs ? stretch : 'over'} aria-hidden="true">
        <span className={classes.paid} style={{ width: `${paid * 100}%` }} />
        <span className={classes.passed} style={{ width: `${passed * 100}%` }} />
      </span>
      <span className={`${classes.under ?? ''} numbers`}>{stretch === 'over' ? t('entitlements.life.over') : t(`entitlements.life.${stretch}`, { count: daysLeft })}</span>
    </div>
  );
}

function QuotaBar({ quota }: { quota: Quota }) {
  const { t, language } = useTexts();
  const { share, tone } = fullness(quota);
  const words = t(`entitlements.quota.${quota.per}`, { used: formatCount(quota.used, language), studies: formatCount(quota.studies, language) });
  return (
    <div className={classes.holds} data-testid="quota">
      <span className="numbers">{words}</span>
      <span className={classes.bar} data-tone={tone} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span className={`${classes.under ?? ''} numbers`}>{t('entitlements.quota.left', { count: Math.max(0, quota.studies - quota.used) })}</span>
    </div>
  );
}
