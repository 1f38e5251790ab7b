import { Button } from '@mantine/core';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useRisConnections, useSayOfConnection } from '@/api/reporting';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { RisConnection } from '@/contract/reports';
import { useTexts } from '@/i18n/language';
import { failureWords, FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { TopBar } from '@/ui/TopBar';
import { addressOf, switched } from './connection';
import { ConnectionDialog } from './ConnectionDialog';
import { Messages } from './Messages';
import classes from './Reporting.module.css';

const COLUMNS = ['name', 'address', 'names', 'sends', 'state'] as const;

/** The systems that take the hospital's reports, and the messages that did not arrive. */
export function RisPage() {
  const { t } = useTexts();
  const asked = useRisConnections();
  const [edited, setEdited] = useState<RisConnection | 'new' | null>(null);
  const { data } = asked;
  useKeys('reporting', { addConnection: () => setEdited((was) => (data === undefined ? was : 'new')) });
  const add = (
    <Button size="xs" leftSection={<IconPlus size={15} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.addConnection)}</kbd>} onClick={() => setEdited('new')} data-testid="add-connection">
      {t('reporting.ris.add')}
    </Button>
  );
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="ris-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('reporting.ris.title')}</h1>
          <span className={classes.hint}>{t('reporting.ris.hint')}</span>
          {data !== undefined && data.connections.length > 0 && add}
        </div>
        {asked.isPending && <p className={classes.none}>{t('common.loading')}</p>}
        {asked.isError && data === undefined && <FailurePanel title={t('reporting.ris.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {data?.connections.length === 0 && <QuietPanel icon={<IconPlugConnected size={28} stroke={1.6} />} title={t('reporting.ris.emptyTitle')} text={t('reporting.ris.emptyHelp')} testId="empty" action={add} />}
        {data !== undefined && data.connections.length > 0 && (
          <>
            <Connections connections={data.connections} onEdit={setEdited} />
            <Messages messages={data.messages} />
          </>
        )}
      </main>
      <ConnectionDialog edited={edited} onClose={() => setEdited(null)} />
    </div>
  );
}

function Connections({ connections, onEdit }: { connections: readonly RisConnection[]; onEdit: (connection: RisConnection) => void }) {
  const { t } = useTexts();
  return (
    <div className={classes.list} tabIndex={0} role="region" aria-label={t('reporting.ris.title')}>
      <table className={classes.table} data-testid="connections">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`reporting.ris.columns.${column}`)}
              </th>
            ))}
            <th scope="col">
              <span className="only-read-aloud">{t('reporting.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {connections.map((connection) => (
            <ConnectionRow key={connection.connection_id} connection={connection} onEdit={() => onEdit(connection)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ConnectionRow({ connection, onEdit }: { connection: RisConnection; onEdit: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const say = useSayOfConnection(connection.connection_id);
  const { name, kind, enabled } = connection;
  return (
    <tr data-testid="connection-row" data-connection={connection.connection_id}>
      <td>
        <span className={classes.name}>{name}</span>
        <span className={classes.under}>{t(`reporting.ris.kinds.${kind}`)}</span>
      </td>
      <td className="numbers">
        {addressOf(connection)}
        {kind === 'fhir' && <span className={classes.under}>{t(connection.has_token ? 'reporting.ris.hasToken' : 'reporting.ris.noToken')}</span>}
      </td>
      <td className="numbers">{kind === 'hl7_mllp' ? t('reporting.ris.names', { from: named(connection.sending_application, connection.sending_facility), to: named(connection.receiving_application, connection.receiving_facility) }) : '—'}</td>
      <td>
        {t(connection.sends_preliminary ? 'reporting.ris.preliminaryToo' : 'reporting.ris.verifiedOnly')}
        <span className={classes.under}>
          {t(`reporting.ris.languages.${connection.language}`)} · {t(connection.for_research ? 'reporting.ris.researchToo' : 'reporting.ris.noResearch')}
        </span>
      </td>
      <td role="status">
        <Mark tone={enabled ? 'ok' : 'warn'} testId="connection-state">
          {t(enabled ? 'reporting.ris.on' : 'reporting.ris.off')}
        </Mark>
        {say.isError && (
          <span className={classes.words} data-testid="switch-refused">
            {failureWords(say.error, texts).what}
          </span>
        )}
      </td>
      <td>
        <span className={classes.acts}>
          <Button size="compact-sm" variant="light" color={enabled ? 'gray' : 'teal'} loading={say.isPending} aria-label={t(enabled ? 'reporting.ris.switchOffOf' : 'reporting.ris.switchOnOf', { name })} onClick={() => say.mutate(switched(connection))} data-testid="switch-connection">
            {t(enabled ? 'reporting.ris.switchOff' : 'reporting.ris.switchOn')}
          </Button>
          <Button size="compact-sm" variant="default" aria-label={t('reporting.ris.changeOf', { name })} onClick={onEdit} data-testid="change-connection">
            {t('reporting.ris.change')}
          </Button>
        </span>
      </td>
    </tr>
  );
}

const named = (application: string, facility: string): string => [application, facility].map((one) => (one === '' ? '—' : one)).join(' @ ');
