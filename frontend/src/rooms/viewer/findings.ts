import type { Finding, Result, Segment, StudyResults } from '@/contract/results';
import type { PluginUsed, Run, SeriesSummary, StudyDetail } from '@/contract/study';

/** A finding with all that its card tells. */
export interface FindingEntry {
  finding: Finding;
  result: Result;
  /** Short name on the card: organs are O1, O2, lesions L1, L2, statements S1. */
  badge: string;
  segment: Segment | null;
  plugin: PluginUsed | null;
}

const BADGE = { organ: 'O', lesion: 'L', statement: 'S' } as const;

/** Results that count: what was superseded or withdrawn is not read as a finding. */
export const countingResults = (results: StudyResults | undefined): Result[] =>
  results?.results.filter((result) => result.status === 'current' || result.status === 'preliminary') ?? [];

/** The findings of all results in the order of the panel. */
export function findingEntries(results: readonly Result[], runs: readonly Run[]): FindingEntry[] {
  const counts = { organ: 0, lesion: 0, statement: 0 };
  return results.flatMap((result) =>
    result.findings.map((finding) => {
      counts[finding.kind] += 1;
      return {
        finding,
        result,
        badge: `${BADGE[finding.kind]}${counts[finding.kind]}`,
        segment: result.segmentation?.segments.find(({ value }) => value === finding.segment_value) ?? null,
        plugin: runs.find(({ run_id }) => run_id === result.run_id)?.plugins[0] ?? null,
      };
    }),
  );
}

/** The entry `step` places further on; from nowhere the first or the last. */
export function neighbour(entries: readonly FindingEntry[], selectedId: string | null, step: 1 | -1): FindingEntry | null {
  const at = entries.findIndex(({ finding }) => finding.finding_id === selectedId);
  if (at < 0) {
    return (step === 1 ? entries[0] : entries.at(-1)) ?? null;
  }
  return entries[(at + step + entries.length) % entries.length] ?? null;
}

/** The series that opens first: the asked one, else the largest volume, else the largest that holds images. */
export function firstSeries(study: StudyDetail, asked: string | null): SeriesSummary | null {
  const images = study.series.filter(({ is_result, instance_count }) => !is_result && instance_count > 0);
  const wanted = images.find(({ series_instance_uid }) => series_instance_uid === asked);
  const bySize = [...images].sort((one, other) => Number(other.is_volume) - Number(one.is_volume) || other.instance_count - one.instance_count);
  return wanted ?? bySize[0] ?? null;
}
