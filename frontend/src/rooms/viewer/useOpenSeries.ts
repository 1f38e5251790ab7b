import { useQuery } from '@tanstack/react-query';
import { fetchSeriesMetadata, type SeriesAddress } from '@/api/dicomweb';
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
