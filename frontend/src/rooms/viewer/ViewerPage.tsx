import { Skeleton } from '@mantine/core';
import { useParams } from 'react-router';
import { useStudy } from '@/api/study';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { TopBar } from '@/ui/TopBar';
import { OpenStudy } from './OpenStudy';
import classes from './Viewer.module.css';

/** One study on the screen. */
export function ViewerPage() {
  const { studyId = '' } = useParams();
  const { t } = useTexts();
  const study = useStudy(studyId);
  if (study.data !== undefined) {
    return <OpenStudy key={studyId} study={study.data} />;
  }
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main}>
        {study.isError ? (
          <FailurePanel title={t('viewer.errors.study')} failure={study.error} onRetry={() => void study.refetch()} />
        ) : (
          <Skeleton height="100%" radius={0} aria-label={t('common.loading')} />
        )}
      </main>
    </div>
  );
}
