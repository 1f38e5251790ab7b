import { useQuery } from '@tanstack/react-query';
import { fetchSeriesMetadata, type SeriesAddress } from '@/api/dicomweb';
import type { Result } from '@/contract/results';
import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { openSeriesOf } from './engineSeries';

export const addressIn = (study: StudyDetail, series: SeriesSummary): SeriesAddress => ({
  tenantCode: study.tenant.code,
  studyInstanceUid: study.study_instance_uid,
  seriesInstanceUid: series.series_instance_uid,
});

/** The headers of the series to show, in scan order. Late images make a new revision, and a new look. */
export function useOpenSeries(study: StudyDetail, series: SeriesSummary | null) {
  return useQuery({
    queryKey: ['series-metadata', series?.series_instance_uid, series?.instance_count],
    enabled: series !== null,
    staleTime: Infinity,
    gcTime: 60_000,
    queryFn: async ({ signal }) => {
      if (series === null) {
        throw new Error('No series to open');
      }
      const address = addressIn(study, series);
      return openSeriesOf(address, await fetchSeriesMetadata(address, signal), series.is_volume);
    },
  });
}

/** The earlier series that a result was compared with: it may belong to a study that is not open. */
export function usePriorSeries(tenantCode: string, prior: Result['prior']) {
  return useQuery({
    queryKey: ['series-metadata', prior?.series_instance_uid, 'prior'],
    enabled: prior !== null,
    staleTime: Infinity,
    gcTime: 60_000,
    queryFn: async ({ signal }) => {
      if (prior === null) {
        throw new Error('No series to open');
      }
      const address = { tenantCode, studyInstanceUid: prior.study_instance_uid, seriesInstanceUid: prior.series_instance_uid };
      return openSeriesOf(address, await fetchSeriesMetadata(address, signal), true);
    },
  });
}
