import type { ReactNode } from 'react';
import type { Segmentation } from '@/contract/results';
import type { Run, SeriesSummary, StudyDetail, TraceLine } from '@/contract/study';
import { seriesMemoryMib } from '@/geometry/memory';
import { formatExact } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { bodyPart } from '@/ui/bodyPart';
import { Mark } from '@/ui/Mark';
import type { OpenSeries } from './engineSeries';
import type { FindingEntry } from './findings';
import { MeasuredValue } from './MeasuredValue';
import { SamePatient } from './SamePatient';
import classes from './InfoCell.module.css';

interface InfoCellProps {
  study: StudyDetail;
  series: SeriesSummary | null;
  opened: OpenSeries | null;
  segmentation: Segmentation | null;
  entries: FindingEntry[];
}

/** The words beside the three planes: what was scanned, what the AI was, and why it ran. */
export function InfoCell({ study, series, opened, segmentation, entries }: InfoCellProps) {
  const { t } = useTexts();
  return (
    <section className={classes.cell} aria-label={t('viewer.info.title')} tabIndex={0} data-testid="info">
      <StudyFacts study={study} series={series} opened={opened} />
      <SamePatient study={study} />
      {segmentation !== null && <SegmentList segmentation={segmentation} entries={entries} />}
      {study.runs.length === 0 ? (
        <>
          <p className={classes.dim}>{t('viewer.info.noRun')}</p>
          <Trace lines={study.trace} />
        </>
      ) : (
        study.runs.map((run) => <RunFacts key={run.run_id} run={run} />)
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd className="numbers">{children}</dd>
    </div>
  );
}

function StudyFacts({ study, series, opened }: Pick<InfoCellProps, 'study' | 'series' | 'opened'>) {
  const { t, language } = useTexts();
  const mib = opened === null ? null : seriesMemoryMib(opened.engine.frames.length, opened.rows, opened.columns);
  const voxel = opened?.pixelSpacingMm && [...opened.pixelSpacingMm, series?.spacing_mm?.[0] ?? opened.sliceThicknessMm];
  return (
    <dl className={classes.facts}>
      <Fact name={t('viewer.info.study')}>{examWords(study, t)}</Fact>
      {study.accession_number && <Fact name={t('viewer.info.accession')}>{study.accession_number}</Fact>}
      <Fact name={t('viewer.info.received')}>{formatExact(study.received_at, language)}</Fact>
      {opened !== null && opened.rows !== null && (
        <Fact name={t('viewer.info.matrix')}>{[opened.columns, opened.rows, opened.engine.frames.length].join(' × ')}</Fact>
      )}
      {voxel && <Fact name={t('viewer.info.spacing')}>{`${voxel.map((mm) => (mm === null ? '—' : Number(mm.toFixed(2)))).join(' × ')} mm`}</Fact>}
      {mib !== null && <Fact name={t('viewer.info.memory')}>{t('viewer.info.memoryMib', { mib: Math.ceil(mib) })}</Fact>}
    </dl>
  );
}

const examWords = ({ modalities, body_part, description }: StudyDetail, t: Texts['t']): string =>
  [modalities.join(' '), body_part === null ? null : bodyPart(body_part, t), description].filter(Boolean).join(' · ');

/** Each segment with its colour and, where one finding says it, its volume. */
function SegmentList({ segmentation, entries }: { segmentation: Segmentation; entries: FindingEntry[] }) {
  const { t, pick } = useTexts();
  return (
    <>
      <h3 className={classes.head}>{t('viewer.info.segments')}</h3>
      <ul className={classes.segments}>
        {segmentation.segments.map(({ value, title, colour }) => {
          const volumes = entries
            .filter(({ finding, result }) => result.segmentation === segmentation && finding.segment_value === value)
            .flatMap(({ finding }) => finding.measurements.filter(({ unit }) => unit === 'mL' || unit === 'mm3').slice(0, 1));
          const only = volumes.length === 1 ? volumes[0] : undefined;
          return (
            <li key={value}>
              <span className={classes.swatch} style={{ background: colour }} aria-hidden="true" />
              {pick(title)}
              <span className={`${classes.amount} numbers`}>{only === undefined ? (volumes.length === 0 ? t('viewer.info.noSegment') : `× ${volumes.length}`) : <MeasuredValue measurement={only} />}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

const RUN_TONES = { scheduled: 'neutral', in_progress: 'info', completed: 'accent', failed: 'danger', canceled: 'neutral' } as const;

function RunFacts({ run }: { run: Run }) {
  const { t, pick } = useTexts();
  return (
    <>
      <h3 className={classes.head}>
        {t('viewer.info.provenance')}
        <Mark tone={RUN_TONES[run.state]}>{t(`viewer.info.states.${run.state}`)}</Mark>
        <span className={classes.dim}>{t('viewer.info.revision', { revision: run.revision })}</span>
      </h3>
      <p className={classes.line}>
        {pick(run.title)} <span className={classes.dim}>{run.app_version}</span>
      </p>
      {run.plugins.map((plugin) => (
        <p key={`${plugin.slot} ${plugin.id}`} className={classes.line}>
          {pick(plugin.title)}{' '}
          <span className={classes.dim}>
            {plugin.id} {plugin.version}
          </span>{' '}
          <Mark tone={plugin.status === 'research' ? 'warn' : 'ok'} outline="solid" dot={false}>
            {t(`viewer.info.status.${plugin.status}`)}
          </Mark>
        </p>
      ))}
      <Trace lines={run.trace} />
    </>
  );
}

/** The decision trace: what ran, what did not, and through which clause. */
function Trace({ lines }: { lines: TraceLine[] }) {
  const { t, pick } = useTexts();
  if (lines.length === 0) {
    return null;
  }
  return (
    <details open className={classes.trace} data-testid="trace">
      <summary>{t('viewer.info.trace')}</summary>
      <ul>
        {lines.map(({ rule, title, outcome, clause, detail }, place) => (
          <li key={`${place} ${rule}`}>
            <Mark tone={outcome === 'ran' ? 'accent' : 'neutral'}>{outcome === 'ran' ? t('viewer.info.ran') : t('viewer.info.didNotRun')}</Mark>
            <span title={clause}>
              {t('viewer.info.traceLine', { rule: pick(title), detail: pick(detail) })}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
