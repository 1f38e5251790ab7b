import type { PluginDetail } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { Fact, Facts, Section } from './Evidence';
import { partsOf, type Part } from './sbom';
import classes from './Plugins.module.css';

/** Whose work is inside, and under which terms. */
export function Papers({ detail }: { detail: PluginDetail }) {
  const { t } = useTexts();
  const { licences } = detail;
  return (
    <>
      <Section title={t('plugins.sections.licences')} testId="licences">
        <Facts>
          <Fact name={t('plugins.licences.code')}>{licences.code}</Fact>
          <Fact name={t('plugins.licences.weights')}>{licences.weights}</Fact>
          <Fact name={t('plugins.licences.entitlement')}>{t(licences.entitlement ? 'plugins.licences.needed' : 'plugins.licences.free')}</Fact>
          {licences.attribution !== '' && <Fact name={t('plugins.licences.attribution')}>{licences.attribution}</Fact>}
        </Facts>
      </Section>
      <Section title={t('plugins.sections.parts')} testId="parts">
        <Parts parts={partsOf(detail.sbom)} />
      </Section>
      <details className={classes.licence}>
        <summary>{t('plugins.sections.licenceText')}</summary>
        <pre tabIndex={0}>{detail.licence_text}</pre>
      </details>
    </>
  );
}

function Parts({ parts }: { parts: Part[] | null }) {
  const { t } = useTexts();
  if (parts === null || parts.length === 0) {
    return <p className={classes.under}>{t(parts === null ? 'plugins.sbom.unreadable' : 'plugins.sbom.empty')}</p>;
  }
  return (
    <table className={classes.small}>
      <thead>
        <tr>
          {(['name', 'type', 'version', 'licence'] as const).map((column) => (
            <th key={column} scope="col">
              {t(`plugins.sbom.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {parts.map((part, at) => (
          <tr key={at} data-testid="part">
            <td>{part.name}</td>
            <td>{part.type ?? '—'}</td>
            <td className="numbers">{part.version ?? '—'}</td>
            <td>{part.licences.join(', ') || '—'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
