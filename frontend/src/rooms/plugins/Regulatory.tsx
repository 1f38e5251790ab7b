import type { ClaimingApp, PluginVersion, Registration } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { Fact, Facts } from './Evidence';
import classes from './Plugins.module.css';

/** From here on a registration that ends is said with a warning, in days: as the platform warns. */
const SOON_DAYS = 60;

/** What a version is cleared for, by whom, and until when; then what the app says of itself that speaks for it. */
export function Regulatory({ plugin }: { plugin: PluginVersion }) {
  const { t } = useTexts();
  return (
    <>
      <OfPlugin plugin={plugin} />
      {plugin.authority !== null && <p className={classes.under}>{t('plugins.regulatory.authorityHere', { authority: plugin.authority })}</p>}
      {plugin.apps.map((app) => (
        <OfApp key={app.id} app={app} />
      ))}
    </>
  );
}

function OfApp({ app }: { app: ClaimingApp }) {
  const { t, pick } = useTexts();
  return (
    <div className={classes.registration} data-testid="app-claims">
      <div className={classes.marks}>
        <strong>{t('plugins.regulatory.app', { title: pick(app.title), version: app.version })}</strong>
        {app.status !== null && <Mark tone={app.status === 'research' ? 'warn' : 'ok'}>{t(`plugins.status.${app.status}`)}</Mark>}
      </div>
      <p className={classes.under}>{app.statement === null ? t('plugins.regulatory.appNone') : pick(app.statement)}</p>
      {[...(app.blocked === null ? [] : [app.blocked]), ...app.warnings].map((one) => (
        <p key={one.en} className={classes.careful} role="status">
          {pick(one)}
        </p>
      ))}
      <Registrations registrations={app.registrations} />
    </div>
  );
}

function OfPlugin({ plugin: { status, udi, registrations } }: { plugin: PluginVersion }) {
  const { t } = useTexts();
  if (registrations.length === 0 && udi === null) {
    return <p className={classes.statement}>{t(status === 'research' ? 'plugins.regulatory.none' : 'plugins.regulatory.noneCleared')}</p>;
  }
  return (
    <>
      {registrations.length === 0 && <p className={classes.statement}>{t('plugins.regulatory.noneCleared')}</p>}
      <Registrations registrations={registrations} />
      {udi !== null && (
        <Facts>
          <Fact name={t('plugins.regulatory.udi')}>
            <code>{udi}</code>
          </Fact>
        </Facts>
      )}
    </>
  );
}

function Registrations({ registrations }: { registrations: readonly Registration[] }) {
  const { t } = useTexts();
  return registrations.map((one) => (
    <div key={`${one.authority} ${one.number}`} className={classes.registration} data-testid="registration">
      <div className={classes.marks}>
        <strong>{one.authority}</strong>
        <span className="numbers">{one.number}</span>
        <Validity registration={one} />
        {!one.counts && <span className={classes.dim}>{t('plugins.regulatory.notCounted')}</span>}
      </div>
      <Facts>
        <Fact name={t('plugins.regulatory.registrant')}>{one.registrant}</Fact>
        <Fact name={t('plugins.regulatory.forVersion')}>{one.version}</Fact>
        <Fact name={t('plugins.regulatory.until')}>{one.valid_until}</Fact>
      </Facts>
    </div>
  ));
}

function Validity({ registration: { days_left: days, holds } }: { registration: Registration }) {
  const { t } = useTexts();
  if (days < 0) {
    return <Mark tone="danger">{t('plugins.regulatory.ended')}</Mark>;
  }
  if (!holds) {
    return <Mark tone="danger">{t('plugins.regulatory.doesNotHold')}</Mark>;
  }
  return days <= SOON_DAYS ? <Mark tone="warn">{t('plugins.regulatory.daysLeft', { count: days })}</Mark> : <Mark tone="ok">{t('plugins.regulatory.holds')}</Mark>;
}
