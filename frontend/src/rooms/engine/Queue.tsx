import type { QueueRow } from '@/contract/engine';
import type { Priority } from '@/contract/worklist';
import { formatCount, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { ClassMark } from './Known';
import { Panel } from './Panel';
import classes from './Engine.module.css';

const CLASSES: readonly Priority[] = ['STAT', 'HIGH', 'MEDIUM', 'LOW'];

/** Who waits, by class and hospital; every class stands there, so that an empty one is seen to be empty. */
export function Queue({ rows }: { rows: readonly QueueRow[] }) {
  const { t } = useTexts();
  const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
  return (
    <Panel id="queue" title={t('engine.queue')} action="panelQueue" help={t('engine.queueHelp')} beside={<Mark tone="neutral" dot={false}>{t('engine.inQueue', { count: waiting })}</Mark>}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('engine.columns.class')}</th>
            <th scope="col">{t('engine.columns.hospital')}</th>
            <th scope="col" className={classes.number}>{t('engine.columns.waiting')}</th>
            <th scope="col" className={classes.number} title={t('engine.postponedLong')}>{t('engine.columns.postponed')}</th>
            <th scope="col" className={classes.number}>{t('engine.columns.preparing')}</th>
            <th scope="col" className={classes.number}>{t('engine.columns.running')}</th>
            <th scope="col" className={classes.number}>{t('engine.columns.longest')}</th>
          </tr>
        </thead>
        {CLASSES.map((priority) => (
          <ClassRows key={priority} priority={priority} rows={rows.filter((row) => row.priority === priority)} />
        ))}
      </table>
    </Panel>
  );
}

function ClassRows({ priority, rows }: { priority: Priority; rows: readonly QueueRow[] }) {
  const { t, pick, language } = useTexts();
  if (rows.length === 0) {
    return (
      <tbody>
        <tr data-testid="queue-row" data-priority={priority} data-empty>
          <th scope="row"><ClassMark priority={priority} quiet /></th>
          <td colSpan={6} className={classes.dim}>{t('engine.nobodyWaits')}</td>
        </tr>
      </tbody>
    );
  }
  return (
    <tbody>
      {rows.map((row, at) => (
        <tr key={row.hospital?.id ?? ''} data-testid="queue-row" data-priority={priority} data-follows={at > 0 || undefined}>
          {at === 0 && (
            <th scope="rowgroup" rowSpan={rows.length}>
              <ClassMark priority={priority} />
            </th>
          )}
          <td className={row.hospital === null ? classes.dim : undefined}>{row.hospital === null ? t('engine.unknown') : pick(row.hospital.name)}</td>
          <Counted value={row.waiting} />
          <Counted value={row.postponed + row.deferred} />
          <Counted value={row.preparing} />
          <Counted value={row.running} />
          <td className={classes.number}>{row.longest_wait_s === null ? <span className={classes.dim}>{t('engine.unknown')}</span> : formatSpan(row.longest_wait_s, language)}</td>
        </tr>
      ))}
    </tbody>
  );
}

/** A number; none is there too, but does not ask to be looked at. */
function Counted({ value }: { value: number }) {
  const { language } = useTexts();
  return <td className={`${classes.number ?? ''} ${value === 0 ? (classes.dim ?? '') : ''}`}>{formatCount(value, language)}</td>;
}
