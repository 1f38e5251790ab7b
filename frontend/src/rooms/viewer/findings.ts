import type { Finding, Result, Segment, StudyResults } from '@/contract/results';
import { noduleBadges } from './nodules/nodule';
import type { PluginUsed, Run, SeriesSummary, StudyDetail } from '@/contract/study';

/** A finding with all that its card tells. */
export interface FindingEntry {
  finding: Finding;
  result: Result;
  /** Short name on the card: organs are O1, O2, lesions L1, L2, classes C1; nodules by side R1, L1. */
  badge: string;
  segment: Segment | null;
  plugin: PluginUsed | null;
}

const BADGE = { organ: 'O', lesion: 'L', class: 'C', statement: 'S', map: 'M', surface: 'F', annotations: 'A', table: 'T', text: 'X' } as const;

const inForce = (results: StudyResults | undefined): Result[] =>
  results?.results.filter(({ status }) => status === 'current' || status === 'preliminary') ?? [];

/** Whether a newer one of these speaks for the same app on the same series. */
function hasNewer(result: Result, among: readonly Result[], runs: readonly Run[]): boolean {
  const appOf = (one: Result): string | undefined => runs.find(({ run_id }) => run_id === one.run_id)?.app;
  return among.some((one) => one.revision > result.revision && one.series_instance_uid === result.series_instance_uid && appOf(one) === appOf(result));
}

/** Results to read and to review: in force, and the newest of their app on their series. */
export const countingResults = (results: StudyResults | undefined, runs: readonly Run[] = []): Result[] =>
  inForce(results).filter((result, _, all) => !hasNewer(result, all, runs));

/** Reviewed results that stand until somebody has judged the newer one beside them. */
export const standingResults = (results: StudyResults | undefined, runs: readonly Run[]): Result[] =>
  inForce(results).filter((result, _, all) => hasNewer(result, all, runs));

/** Results that somebody had reviewed and that stand no longer. */
export const replacedResults = (results: StudyResults | undefined): Result[] =>
  results?.results.filter(({ status, findings }) => status === 'superseded' && findings.some(({ review }) => review.state !== 'unreviewed')) ?? [];

/** The findings of all results in the order of the panel. */
export function findingEntries(results: readonly Result[], runs: readonly Run[]): FindingEntry[] {
  const nodules = noduleBadges(results.flatMap(({ findings }) => findings));
  const counts = { organ: 0, lesion: 0, class: 0, statement: 0, map: 0, surface: 0, annotations: 0, table: 0, text: 0 };
  return results.flatMap((result) =>
    result.findings.map((finding) => {
      counts[finding.kind] += 1;
      return {
        finding,
        result,
        badge: nodules.get(finding.finding_id) ?? `${BADGE[finding.kind]}${counts[finding.kind]}`,
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
