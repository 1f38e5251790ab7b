import { Fragment } from 'react';
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
      {[...countingResults(results, runs), ...standing].map((result) => (
        <PluginNotices key={result.result_id} result={result} />
      ))}
      {[...countingResults(results, runs), ...standing].map(
        ({ result_id, objects_fault }) =>
          objects_fault !== null && <Notice key={result_id} tone="danger" title={t('viewer.findings.notDelivered')} lines={[pick(objects_fault)]} testId="not-written" />,
      )}
    </>
  );
}

/** What stands against the plug-in that made a result, and with which values it did not run as its vendor tested it. */
function PluginNotices({ result }: { result: Result }) {
  const { t, pick } = useTexts();
  return (
    <>
      {result.plugins.map(({ id, version, title, yanked, unsigned, parameters }) => {
        const name = { title: pick(title), version };
        const changed = parameters.filter(({ is_default }) => !is_default);
        return (
          <Fragment key={id}>
            {yanked !== null && <Notice tone="danger" title={t('viewer.findings.madeByWithdrawn', name)} lines={[yanked.reason]} testId="result-withdrawn" />}
            {unsigned && <Notice tone="warn" title={t('viewer.findings.madeByUnsigned', name)} testId="result-unsigned" />}
            {changed.length > 0 && <Notice tone="neutral" title={t('viewer.findings.madeWith', name)} lines={changed.map((one) => `${pick(one.title)}: ${pick(one.said)}`)} testId="result-values" />}
          </Fragment>
        );
      })}
    </>
  );
}
