import { Button, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useSeriesChoices, type SeriesSearch } from '@/api/acceptance';
import type { AcceptanceDetail, CaseOrder, CaseSeries, SeriesChoice } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import classes from './Acceptance.module.css';

type Chosen = ReadonlyMap<string, CaseOrder>;
const ALL: SeriesSearch = { text: '', from: '', to: '' };

interface SeriesSearchPartProps {
  set: AcceptanceDetail;
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
}

/** Stored series that fit the plug-in; a series is chosen by choosing what it is held against. */
export function SeriesSearchPart({ set, chosen, onChoose }: SeriesSearchPartProps) {
  const texts = useTexts();
  const { t } = texts;
  const [written, setWritten] = useState(ALL);
  const [search, setSearch] = useState<SeriesSearch>(ALL);
  const asked = useSeriesChoices(set.id, search);
  const choose = (seriesId: string, order: CaseOrder | null): void => {
    const next = new Map(chosen);
    next.delete(seriesId);
    onChoose(order === null ? next : next.set(seriesId, order));
  };
  return (
    <>
      <form
        className={classes.search}
        onSubmit={(event) => {
          event.preventDefault();
          setSearch(written);
        }}
      >
        <TextInput size="xs" label={t('acceptance.search.text')} value={written.text} onChange={(event) => setWritten({ ...written, text: event.currentTarget.value })} data-autofocus data-testid="search-text" />
        {(['from', 'to'] as const).map((end) => (
          <TextInput key={end} size="xs" type="date" label={t(`acceptance.search.${end}`)} value={written[end]} onChange={(event) => setWritten({ ...written, [end]: event.currentTarget.value })} data-testid={`search-${end}`} />
        ))}
        <Button size="xs" type="submit" variant="default" leftSection={<IconSearch size={14} stroke={1.6} />} loading={asked.isFetching} data-testid="search-go">
          {t('acceptance.search.go')}
        </Button>
      </form>
      <p className={classes.help}>{t('acceptance.search.help')}</p>
      {asked.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(asked.error, texts).what}
        </p>
      )}
      {asked.data !== undefined && asked.data.series.length === 0 && (
        <p className={classes.none} role="status" data-testid="no-series">
          {t('acceptance.search.none')}
        </p>
      )}
      {asked.data !== undefined && asked.data.series.length > 0 && (
        <div className={classes.found} tabIndex={0} role="region" aria-label={t('acceptance.search.found')}>
          <ul className={classes.rows}>
            {asked.data.series.map((one) => (
              <Choice key={one.series.id} one={one} hasLabel={set.label !== null} order={chosen.get(one.series.id) ?? null} onChoose={(order) => choose(one.series.id, order)} />
            ))}
          </ul>
        </div>
      )}
      {asked.data?.more === true && <p className={classes.help}>{t('acceptance.search.more')}</p>}
    </>
  );
}

interface ChoiceProps {
  one: SeriesChoice;
  /** Whether the set says what is present or absent. */
  hasLabel: boolean;
  order: CaseOrder | null;
  onChoose: (order: CaseOrder | null) => void;
}

const OUTLINES = 'seg ';

/** The entry of the list that an order stands for; `null`: the series is not chosen. */
function entryOf(order: CaseOrder | null): string | null {
  if (order === null) {
    return null;
  }
  return order.segmentation !== undefined ? `${OUTLINES}${order.segmentation.series_instance_uid}` : order.present === true ? 'present' : 'absent';
}

/** What is ordered with an entry of the list. */
function orderOf({ series_instance_uid, study_instance_uid }: CaseSeries, entry: string | null): CaseOrder | null {
  if (entry === null) {
    return null;
  }
  const held = entry.startsWith(OUTLINES) ? { segmentation: { series_instance_uid: entry.slice(OUTLINES.length) } } : { present: entry === 'present' };
  return { series_instance_uid, study_instance_uid, ...held };
}

function Choice({ one: { series, in_set: isIn, segmentations }, hasLabel, order, onChoose }: ChoiceProps) {
  const { t } = useTexts();
  const what = series.description || series.study_description || t('acceptance.noDescription');
  const date = series.study_date ?? t('acceptance.noDate');
  const references = [
    ...segmentations.map((seg) => ({ value: `${OUTLINES}${seg.series_instance_uid}`, label: t('acceptance.search.outlines', { name: seg.description || t('acceptance.noDescription') }) })),
    ...(hasLabel ? [{ value: 'present', label: t('acceptance.reference.present') }, { value: 'absent', label: t('acceptance.reference.absent') }] : []),
  ];
  return (
    <li data-testid="choice" data-chosen={order !== null || undefined}>
      <span className={classes.choice}>
        <span className={classes.line}>
          <span className={classes.modality}>{series.modality}</span>
          <span className={classes.cut}>{what}</span>
        </span>
        <span className={`${classes.under ?? ''} numbers`}>{[date, t('acceptance.instances', { count: series.instances }), series.study_description, isIn ? t('acceptance.search.isIn') : ''].filter(Boolean).join(' · ')}</span>
      </span>
      {references.length === 0 ? (
        <span className={classes.dim}>{t('acceptance.search.noReference')}</span>
      ) : (
        <Select size="xs" w={260} aria-label={t('acceptance.search.referenceOf', { what, date })} placeholder={t('acceptance.search.choose')} data={references} value={entryOf(order)} onChange={(entry) => onChoose(orderOf(series, entry))} clearable comboboxProps={{ withinPortal: true }} data-testid="choice-reference" />
      )}
    </li>
  );
}
