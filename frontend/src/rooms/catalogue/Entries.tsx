import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from 'react-router';
import { useTakeIn } from '@/api/catalogue';
import { useVersions } from '@/api/plugins';
import type { Catalogue, CatalogueEntry } from '@/contract/catalogue';
import type { PluginVersion } from '@/contract/plugins';
import { formatBytes } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import classes from './Catalogue.module.css';

/** What the catalogue offers; each version is taken in by a word of its own. */
export function Entries({ catalogue: { entries, stale } }: { catalogue: Catalogue }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const { data: known } = useVersions();
  const order = useTakeIn();
  const take = ({ plugin, version }: CatalogueEntry): void =>
    order.mutate(
      { plugin, version },
      { onSuccess: (taken) => notifications.show({ message: t('catalogue.entries.taken', { title: pick(taken.title), version: taken.version }), color: 'teal', autoClose: 8000 }) },
    );
  if (entries.length === 0) {
    return (
      <p className={classes.none} data-testid="no-entries">
        {t('catalogue.entries.none')}
      </p>
    );
  }
  return (
    <>
      {order.isError && (
        <p className={`${classes.refused ?? ''} ${classes.none ?? ''}`} role="alert" data-testid="take-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <div className={classes.wide} tabIndex={0} role="region" aria-label={t('catalogue.entries.title')}>
        <table className={classes.table} data-testid="entries">
          <thead>
            <tr>
              {(['plugin', 'version', 'size', 'state'] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`catalogue.entries.columns.${column}`)}
                </th>
              ))}
              <th scope="col">
                <span className="only-read-aloud">{t('catalogue.entries.columns.acts')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <EntryRow
                key={entry.digest}
                entry={entry}
                known={known?.plugins ?? []}
                isOld={stale}
                busy={order.isPending ? order.variables.plugin === entry.plugin && order.variables.version === entry.version ? 'this' : 'other' : null}
                onTake={() => take(entry)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface EntryRowProps {
  entry: CatalogueEntry;
  known: readonly PluginVersion[];
  /** The catalogue is older than its greatest age. */
  isOld: boolean;
  /** Which version is on its way in. */
  busy: 'this' | 'other' | null;
  onTake: () => void;
}

function EntryRow({ entry, known, isOld, busy, onTake }: EntryRowProps) {
  const { t, pick, language } = useTexts();
  const here = known.find(({ digest }) => digest === entry.digest);
  const named = here ?? known.find((one) => one.plugin_id === entry.plugin);
  const title = named === undefined ? entry.plugin : pick(named.title);
  return (
    <tr data-testid="entry" data-plugin={entry.plugin} data-version={entry.version}>
      <td>
        <strong className={classes.name}>{title}</strong>
        {title !== entry.plugin && <code className={classes.under}>{entry.plugin}</code>}
      </td>
      <td className="numbers">{entry.version}</td>
      <td className="numbers">{formatBytes(entry.size_bytes, language)}</td>
      <td>
        <EntryState entry={entry} />
      </td>
      <td>
        {here !== undefined && entry.taken_in && (
          <Link to={`/plugins?v=${here.id}`} aria-label={t('catalogue.entries.showOf', { title, version: entry.version })} data-testid="show">
            {t('catalogue.entries.show')}
          </Link>
        )}
        {!entry.taken_in && entry.yanked === null && (
          <Button size="compact-xs" variant="default" loading={busy === 'this'} disabled={isOld || busy === 'other'} onClick={onTake} aria-label={t('catalogue.entries.takeOf', { title, version: entry.version })} data-testid="take-in">
            {t('catalogue.entries.take')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function EntryState({ entry: { yanked, taken_in } }: { entry: CatalogueEntry }) {
  const { t } = useTexts();
  if (yanked !== null) {
    return (
      <>
        <Mark tone="danger">{t('catalogue.entries.withdrawn')}</Mark>
        <span className={classes.under}>{t('catalogue.entries.because', { reason: yanked })}</span>
      </>
    );
  }
  return taken_in ? <Mark tone="ok">{t('catalogue.entries.takenIn')}</Mark> : <Mark tone="neutral">{t('catalogue.entries.offered')}</Mark>;
}
