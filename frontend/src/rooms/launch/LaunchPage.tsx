import { Anchor, Loader } from '@mantine/core';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useLaunch } from '@/api/launch';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Logo } from '@/ui/Logo';
import classes from './LaunchPage.module.css';

/** Where a RIS leads its reader: by accession number and issuer to the one study, or to the reason why not. */
export function LaunchPage() {
  const { t } = useTexts();
  const [query] = useSearchParams();
  const accession = (query.get('accession') ?? '').trim();
  const issuer = (query.get('issuer') ?? '').trim();
  const launch = useLaunch(accession, issuer);

  if (launch.data?.study_id != null) {
    return <Navigate to={`/v/${launch.data.study_id}`} replace />;
  }
  if (launch.isError) {
    return <FailurePanel title={t('launch.title')} failure={launch.error} onRetry={() => void launch.refetch()} />;
  }
  if (accession !== '' && launch.data === undefined) {
    return <Loader className={classes.wait} aria-label={t('launch.looking')} />;
  }
  return <NotOpened accession={accession} issuer={issuer} found={launch.data?.found ?? 0} issuers={launch.data?.issuers ?? []} />;
}

interface NotOpenedProps {
  accession: string;
  issuer: string;
  found: number;
  issuers: string[];
}

/** Why no examination is opened: no number, none of it, or several, and nobody guesses. */
function NotOpened({ accession, issuer, found, issuers }: NotOpenedProps) {
  const { t } = useTexts();
  const named = (one: string): string => (one === '' ? t('launch.unstated') : one);
  return (
    <main id="main" className={classes.page} data-testid="launch">
      <Logo large />
      <h1 className={classes.title}>{t('launch.title')}</h1>
      {accession === '' ? (
        <p>{t('launch.noNumber')}</p>
      ) : (
        <>
          <dl className={classes.facts}>
            <dt>{t('launch.accession')}</dt>
            <dd>{accession}</dd>
            <dt>{t('launch.issuer')}</dt>
            <dd>{named(issuer)}</dd>
          </dl>
          <p role="alert">{found === 0 ? t('launch.none') : t('launch.several', { found })}</p>
        </>
      )}
      {issuers.length > 1 && <p>{t('launch.issuers', { names: issuers.map(named).join(' / ') })}</p>}
      <Anchor component={Link} to="/worklist">
        {t('launch.worklist')}
      </Anchor>
    </main>
  );
}
