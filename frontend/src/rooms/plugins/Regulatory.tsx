import type { PluginVersion, Registration } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { Fact, Facts } from './Evidence';
import classes from './Plugins.module.css';

/** From here on a registration that ends is said with a warning, in days: as the platform warns. */
const SOON_DAYS = 60;

/** What a version is cleared for, by whom, and until when. */
export function Regulatory({ plugin: { status, udi, registrations } }: { plugin: PluginVersion }) {
  const { t } = useTexts();
  if (registrations.length === 0 && udi === null) {
    return <p className={classes.statement}>{t(status === 'research' ? 'plugins.regulatory.none' : 'plugins.regulatory.noneCleared')}</p>;
  }
  return (
    <>
      {registrations.length === 0 && <p className={classes.statement}>{t('plugins.regulatory.noneCleared')}</p>}
      {registrations.map((one) => (
        <div key={`${one.authority} ${one.number}`} className={classes.registration} data-testid="registration">
          <div className={classes.marks}>
            <strong>{one.authority}</strong>
            <span className="numbers">{one.number}</span>
            <Validity registration={one} />
          </div>
          <Facts>
            <Fact name={t('plugins.regulatory.registrant')}>{one.registrant}</Fact>
            <Fact name={t('plugins.regulatory.forVersion')}>{one.version}</Fact>
            <Fact name={t('plugins.regulatory.until')}>{one.valid_until}</Fact>
          </Facts>
        </div>
      ))}
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
