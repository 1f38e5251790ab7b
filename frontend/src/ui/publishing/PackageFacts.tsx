import type { ReactNode } from 'react';
import type { SubmissionDetail } from '@/contract/publishing';
import { formatBytes, formatCount, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Markdown } from '@/ui/Markdown';
import classes from './Publishing.module.css';

const BYTES_PER_MIB = 2 ** 20;

/** What a package says of itself: use, data, resources, licences, files. */
export function PackageFacts({ one }: { one: SubmissionDetail }) {
  const { t, pick, language } = useTexts();
  const { wants, resources, licences } = one;
  return (
    <>
      <p className={classes.statement}>{pick(one.statement)}</p>
      {one.contraindications.length > 0 && (
        <p className={classes.under}>
          {t('publishing.facts.notFor')} {one.contraindications.map(pick).join(' ')}
        </p>
      )}
      <dl className={classes.facts}>
        <Fact name={t('publishing.facts.id')}>
          <code>{one.plugin_id}</code>
        </Fact>
        <Fact name={t('publishing.facts.vendor')}>{one.vendor}</Fact>
        <Fact name={t('publishing.facts.digest')}>
          <code>{one.digest}</code>
        </Fact>
        <Fact name={t('publishing.facts.size')}>{formatBytes(one.size_bytes, language)}</Fact>
        <Fact name={t('publishing.facts.fills')}>
          <code>{one.fills.join(', ')}</code>
        </Fact>
        <Fact name={t('publishing.facts.wants')}>
          <code>{wantedWords(wants)}</code>
        </Fact>
        <Fact name={t('publishing.facts.labels')}>{one.labels.map(({ title }) => pick(title)).join(', ') || '—'}</Fact>
        <Fact name={t('publishing.facts.resources')}>
          {t('publishing.facts.resourcesOf', {
            device: formatBytes(resources.device_memory_mib * BYTES_PER_MIB, language),
            host: formatBytes(resources.memory_mib * BYTES_PER_MIB, language),
            time: formatSpan(resources.timeout_s, language),
          })}
        </Fact>
        <Fact name={t('publishing.facts.licences')}>{t('publishing.facts.licencesOf', { code: licences.code, weights: licences.weights })}</Fact>
        <Fact name={t('publishing.facts.entitlement')}>{t(licences.entitlement ? 'publishing.facts.needed' : 'publishing.facts.notNeeded')}</Fact>
        <Fact name={t('publishing.facts.registrations')}>
          {one.registrations.length === 0 ? t('publishing.facts.noRegistration') : one.registrations.map((each) => `${each.authority} ${each.number} (${each.registrant}, ${each.version}, ${each.valid_until})`).join('; ')}
        </Fact>
      </dl>
    </>
  );
}

/** What is asked of a series; what is not asked is left out. */
const wantedWords = (wants: SubmissionDetail['wants']): string =>
  Object.entries(wants)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join('; ');

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Whether nothing of the package is left but its manifest: it was turned down. A package that is kept has files. */
const isGone = ({ entries }: SubmissionDetail): boolean => entries.length === 0;

function Gone() {
  const { t } = useTexts();
  return (
    <p className={classes.under} role="status" data-testid="package-gone">
      {t('publishing.gone')}
    </p>
  );
}

/** The model card, as hospitals will read it. */
export const Card = ({ one }: { one: SubmissionDetail }) => (isGone(one) ? <Gone /> : <Markdown text={one.model_card} under={2} />);

/** What speaks for the package: its acceptance cases and its files. */
export function Evidence({ one }: { one: SubmissionDetail }) {
  const { t, language } = useTexts();
  if (isGone(one)) {
    return <Gone />;
  }
  return (
    <>
      <h3 className={classes.heading}>{t('publishing.cases', { count: one.cases.length })}</h3>
      {one.cases.length === 0 && <p className={classes.under}>{t('publishing.noCase')}</p>}
      {one.cases.map(({ name, text }) => (
        <details key={name} className={classes.file}>
          <summary>
            <code>{name}</code>
          </summary>
          <pre tabIndex={0}>{text}</pre>
        </details>
      ))}
      <h3 className={classes.heading}>{t('publishing.files', { count: one.entries.length })}</h3>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('publishing.file')}</th>
            <th scope="col">{t('publishing.facts.size')}</th>
            <th scope="col">{t('publishing.facts.digest')}</th>
          </tr>
        </thead>
        <tbody>
          {one.entries.map(({ name, size_bytes }) => (
            <tr key={name} data-testid="entry">
              <td>
                <code>{name}</code>
              </td>
              <td className="numbers" title={formatCount(size_bytes, language)}>
                {formatBytes(size_bytes, language)}
              </td>
              <td>
                <code>{Object.values(one.models).find(({ file }) => file === name)?.sha256.slice(0, 16) ?? '—'}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <details className={classes.file}>
        <summary>{t('publishing.licenceText')}</summary>
        <pre tabIndex={0}>{one.licence_text}</pre>
      </details>
    </>
  );
}
