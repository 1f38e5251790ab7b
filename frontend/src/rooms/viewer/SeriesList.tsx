import { useQuery } from '@tanstack/react-query';
import { IconPhoto, IconVectorTriangle } from '@tabler/icons-react';
import { fetchThumbnailAddress } from '@/api/dicomweb';
import type { Result } from '@/contract/results';
import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { CT_PRESETS } from '@/geometry/windowing';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { addressIn } from './useOpenSeries';
import classes from './SeriesList.module.css';

interface SeriesListProps {
  study: StudyDetail;
  openUid: string | null;
  results: Result[];
  onOpen: (uid: string) => void;
}

/** All series of the study; results are listed, images can be opened. */
export function SeriesList({ study, openUid, results, onOpen }: SeriesListProps) {
  const { t } = useTexts();
  return (
    <nav className={classes.list} aria-label={t('viewer.series.title')} data-testid="series-list">
      <h2 className={classes.title}>{t('viewer.series.title')}</h2>
      <ul>
        {study.series.map((series) => (
          <li key={series.series_instance_uid}>
            <SeriesEntry
              study={study}
              series={series}
              isOpen={series.series_instance_uid === openUid}
              hasResult={results.some(({ series_instance_uid }) => series_instance_uid === series.series_instance_uid)}
              onOpen={() => onOpen(series.series_instance_uid)}
            />
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface SeriesEntryProps {
  study: StudyDetail;
  series: SeriesSummary;
  isOpen: boolean;
  hasResult: boolean;
  onOpen: () => void;
}

function SeriesEntry({ study, series, isOpen, hasResult, onOpen }: SeriesEntryProps) {
  const { t, pick } = useTexts();
  const name = series.description || t('viewer.series.unnamed', { number: series.number ?? '—' });
  const size = series.is_result ? 'viewer.series.objects' : 'viewer.series.images';
  return (
    <button
      type="button"
      className={classes.entry}
      aria-current={isOpen ? 'true' : undefined}
      disabled={series.is_result}
      title={[name, ...series.reasons.map(pick)].join('\n')}
      onClick={onOpen}
      data-testid="series"
      data-uid={series.series_instance_uid}
    >
      <Thumbnail study={study} series={series} />
      <span className={classes.words}>
        <span className={classes.name}>{name}</span>
        <span className={`${classes.facts} numbers`}>
          {[series.modality, t(size, { count: series.instance_count })].join(' · ')}
        </span>
        {(series.is_result || hasResult) && (
          <Mark tone="accent" outline={series.is_result ? 'dashed' : 'none'}>
            {t('viewer.series.result')}
          </Mark>
        )}
      </span>
    </button>
  );
}

function Thumbnail({ study, series }: { study: StudyDetail; series: SeriesSummary }) {
  const { data: address } = useQuery({
    queryKey: ['thumbnail', series.series_instance_uid],
    enabled: !series.is_result,
    staleTime: Infinity,
    retry: false,
    queryFn: ({ signal }) =>
      fetchThumbnailAddress(addressIn(study, series), series.instance_count, series.modality === 'CT' ? CT_PRESETS.soft : null, signal),
  });
  const Icon = series.is_result ? IconVectorTriangle : IconPhoto;
  return (
    <span className={classes.thumbnail} aria-hidden="true">
      {address == null ? <Icon size={18} stroke={1.4} /> : <img src={address} alt="" width={52} height={52} loading="lazy" />}
    </span>
  );
}
