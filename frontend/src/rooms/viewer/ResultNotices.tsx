import type { Result, StudyResults } from '@/contract/results';
import type { Run } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { Notice } from './AiStatus';
import { countingResults, replacedResults, standingResults } from './findings';

const isAccepted = ({ findings }: Result): boolean => findings.some(({ review }) => review.state === 'accepted');

/** How the results of a study stand to one another, and to the PACS. */
export function ResultNotices({ results, runs }: { results: StudyResults | undefined; runs: readonly Run[] }) {
  const { t, pick } = useTexts();
  const standing = standingResults(results, runs);
  return (
    <>
      {standing.map((result) => (
        <Notice
          key={result.result_id}
          tone="warn"
          title={t(isAccepted(result) ? 'viewer.findings.standsAccepted' : 'viewer.findings.standsReviewed', { revision: result.revision })}
          testId="result-stands"
        />
      ))}
      {replacedResults(results).map((result) => (
        <Notice key={result.result_id} tone="neutral" title={t('viewer.findings.replaced', { revision: result.revision })} testId="result-replaced" />
      ))}
      {[...countingResults(results, runs), ...standing].map(
        ({ result_id, objects_fault }) =>
          objects_fault !== null && <Notice key={result_id} tone="danger" title={t('viewer.findings.notDelivered')} lines={[pick(objects_fault)]} testId="not-written" />,
      )}
    </>
  );
}
