import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { isRouteErrorResponse, useRouteError } from 'react-router';
import { useTexts } from '@/i18n/language';
import { QuietPanel } from '@/ui/FailurePanel';

/** What is shown where a page broke: words and a way on, never a blank. */
export function CrashPage() {
  const { t } = useTexts();
  const failure = useRouteError();
  const isMissing = isRouteErrorResponse(failure) && failure.status === 404;
  return (
    <QuietPanel
      alert
      icon={<IconAlertTriangle size={28} stroke={1.6} />}
      title={isMissing ? t('errors.notFound') : t('errors.crashed')}
      text={isMissing ? '' : t('errors.crashedHelp')}
      detail={failure instanceof Error ? failure.message : null}
      testId="crash"
      action={
        <Button size="sm" onClick={() => window.location.assign(isMissing ? '/worklist' : window.location.href)}>
          {isMissing ? t('common.back') : t('errors.reload')}
        </Button>
      }
    />
  );
}
