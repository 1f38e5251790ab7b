import { Button } from '@mantine/core';
import { IconArchive, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTestArchive } from '@/api/archives';
import type { SourceArchive } from '@/contract/archives';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { ArchiveDialog } from './ArchiveDialog';
import { OwnTitles } from './OwnTitles';
import { windowInWords } from './window';
import { addressOf, capInWords } from './words';
import classes from './Archives.module.css';

const COLUMNS = ['name', 'address', 'window', 'cap', 'test'] as const;

/** The archives that are entered, and how their last test went. */
export function ArchivesPart({ archives }: { archives: readonly SourceArchive[] }) {
  const { t } = useTexts();
  const [edited, setEdited] = useState<SourceArchive | 'new' | null>(null);
  const add = (
    <Button size="xs" leftSection={<IconPlus size={15} stroke={1.8} />} onClick={() => setEdited('new')} data-testid="add-archive">
      {t('archives.add')}
    </Button>
  );
  return (
    <>
      {archives.length === 0 ? (
        <QuietPanel icon={<IconArchive size={28} stroke={1.6} />} title={t('archives.emptyTitle')} text={t('archives.emptyHelp')} testId="empty" action={add} />
      ) : (
        <>
          <div className={classes.tools}>{add}</div>
          <div className={classes.list} tabIndex={0} role="region" aria-label={t('archives.title')}>
            <table className={classes.table} data-testid="archives">
              <thead>
                <tr>
                  {COLUMNS.map((column) => (
                    <th key={column} scope="col">
                      {t(`archives.columns.${column}`)}
                    </th>
                  ))}
                  <th scope="col">
                    <span className="only-read-aloud">{t('archives.columns.acts')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {archives.map((archive) => (
                  <ArchiveRow key={archive.id} archive={archive} onEdit={() => setEdited(archive)} />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <OwnTitles />
      <ArchiveDialog edited={edited} onClose={() => setEdited(null)} />
    </>
  );
}

function ArchiveRow({ archive, onEdit }: { archive: SourceArchive; onEdit: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const test = useTestArchive(archive.id);
  const { name } = archive;
  return (
    <tr data-testid="archive-row" data-archive={archive.id}>
      <td>
        <span className={classes.name}>{name}</span>
        <span className={classes.under}>{t(`archives.methods.${archive.method}`)}</span>
        {!archive.enabled && <Mark tone="warn">{t('archives.off')}</Mark>}
      </td>
      <td className="numbers">{addressOf(archive)}</td>
      <td>{windowInWords(archive.window, texts)}</td>
      <td className="numbers">
        {capInWords(archive, texts)}
        <span className={classes.under}>{t('archives.associations', { count: archive.max_associations })}</span>
      </td>
      <td role="status">
        {test.isError ? (
          <>
            <Mark tone="danger" testId="test-mark">
              {t('archives.test.notAsked')}
            </Mark>
            <span className={classes.words}>{failureWords(test.error, texts).what}</span>
          </>
        ) : (
          <LastTestCell archive={archive} />
        )}
      </td>
      <td>
        <span className={classes.acts}>
          <Button size="compact-sm" variant="light" loading={test.isPending} aria-label={t('archives.test.of', { name })} onClick={() => test.mutate()} data-testid="test-archive">
            {t('archives.test.do')}
          </Button>
          <Button size="compact-sm" variant="default" aria-label={t('archives.changeOf', { name })} onClick={onEdit} data-testid="change-archive">
            {t('archives.change')}
          </Button>
        </span>
      </td>
    </tr>
  );
}

/** What the archive answered, in words. */
function LastTestCell({ archive }: { archive: SourceArchive }) {
  const { t, language } = useTexts();
  const last = archive.last_test;
  if (last === null) {
    return <span className={classes.under}>{t('archives.test.never')}</span>;
  }
  const time = formatExact(last.at, language);
  const isWeb = archive.method === 'wado_rs';
  return (
    <>
      <Mark tone={last.answers ? 'ok' : 'danger'} testId="test-mark">
        {t(last.answers ? 'archives.test.answers' : 'archives.test.silent')}
      </Mark>
      <span className={`${classes.under ?? ''} numbers`}>{t(isWeb ? 'archives.test.askedByQido' : 'archives.test.askedByEcho', { time })}</span>
      {last.error !== null && (
        <span className={classes.words} data-testid="test-error">
          {t('archives.test.error', { error: last.error })}
        </span>
      )}
    </>
  );
}
