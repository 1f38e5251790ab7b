import type { Change, SubmissionDetail } from '@/contract/publishing';
import { useTexts } from '@/i18n/language';
import classes from './Publishing.module.css';

const PARTS = ['models', 'wants', 'fills', 'labels', 'measurements', 'parameters', 'stages', 'resources', 'intended_use', 'licences', 'plugin', 'contract'] as const;

/** What a version changes against the one before, part by part. */
export function Changes({ difference }: Pick<SubmissionDetail, 'difference'>) {
  const { t } = useTexts();
  if (difference === null) {
    return <p className={classes.under}>{t('publishing.firstVersion')}</p>;
  }
  const { version, changes } = difference;
  return (
    <div data-testid="changes">
      <p className={classes.under}>{changes.length === 0 ? t('publishing.nothingChanged', { version }) : t('publishing.changedSince', { count: changes.length, version })}</p>
      {changes.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('publishing.place')}</th>
              <th scope="col">{t('publishing.before')}</th>
              <th scope="col">{t('publishing.after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((one) => (
              <Row key={`${one.part} ${one.path}`} one={one} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Row({ one }: { one: Change }) {
  const { t } = useTexts();
  const known = PARTS.find((part) => part === one.part);
  return (
    <tr data-testid="change" data-part={one.part}>
      <td>
        <strong>{known === undefined ? one.part : t(`publishing.parts.${known}`)}</strong>
        {one.path !== '' && <code className={classes.path}>{one.path}</code>}
      </td>
      <td>{shown(one.before)}</td>
      <td>{shown(one.after)}</td>
    </tr>
  );
}

/** A value of the manifest as it can be compared by eye; a dash: not there. */
function shown(value: unknown): string {
  if (value === null || value === undefined) {
    return '—';
  }
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1).replace(/\s*\n\s*/g, ' ');
}
