import { Skeleton } from '@mantine/core';
import { useTexts } from '@/i18n/language';
import { ROW_HEIGHT_PX } from './columns';

const ROWS = Array.from({ length: 10 }, (_, row) => row);

/** The shape of the list while it is on its way. */
export function WorklistSkeleton() {
  const { t } = useTexts();
  return (
    <div role="status" aria-label={t('common.loading')}>
      {ROWS.map((row) => (
        <Skeleton key={row} height={ROW_HEIGHT_PX - 4} mb={4} radius={6} />
      ))}
    </div>
  );
}
