import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconInbox } from '@tabler/icons-react';
import { useCallback, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useCriticalNotices } from '@/api/reporting';
import { useSession } from '@/api/session';
import { useWorklist, type WorklistFilter, type WorklistOrder } from '@/api/worklist';
import { useKeys } from '@/app/useKeys';
import type { WorklistItem, WorklistPage as WorklistPageData } from '@/contract/worklist';
import { useTexts } from '@/i18n/language';
import { Banner } from '@/ui/Banner';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { TopBar } from '@/ui/TopBar';
import { Filters, SearchField } from './Filters';
import { WorklistSkeleton } from './WorklistSkeleton';
import { WorklistTable } from './WorklistTable';
import classes from './Worklist.module.css';

const NOTHING: WorklistFilter = { q: '', modality: null, ai: null, order: 'urgent' };

/** All studies that the user may read, the most urgent first, changing while they look. */
export function WorklistPage() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const { data: me } = useSession();
  const searchField = useRef<HTMLInputElement>(null);
  const [filter, setFilter] = useState<WorklistFilter>(NOTHING);
  const [q] = useDebouncedValue(filter.q, 200);
  const list = useWorklist({ ...filter, q });
  const { items, total, unreadable } = joined(list.data?.pages ?? []);
  const urgent = items.filter((item) => item.priority === 'STAT' || item.priority === 'HIGH').length;
  const isFiltered = q !== '' || filter.modality !== null || filter.ai !== null;
  const open = useCallback((item: WorklistItem) => void navigate(`/v/${item.study_id}`), [navigate]);

  useKeys('worklist', { search: () => searchField.current?.focus() });

  return (
    <div className={classes.page}>
      <TopBar>
        <SearchField field={searchField} value={filter.q} onChange={(written) => setFilter({ ...filter, q: written })} />
      </TopBar>
      <ListBanners items={items} unreadable={unreadable} />
      <main id="main" className={classes.main}>
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('worklist.title')}</h1>
          {total !== null && (
            <span className="numbers" data-testid="total">
              <Mark tone="neutral" dot={false}>
                {t('worklist.total', { count: total })}
              </Mark>
            </span>
          )}
          {urgent > 0 && <Mark tone="danger">{t('worklist.urgent', { count: urgent })}</Mark>}
          <CriticalLink />
          <Filters filter={filter} onChange={setFilter} />
        </div>
        <WorklistBody
          list={list}
          items={items}
          total={total}
          withHospital={(me?.readable_tenants.length ?? 0) > 1}
          isFiltered={isFiltered}
          order={filter.order}
          onOrder={(order) => setFilter({ ...filter, order })}
          onClear={() => setFilter({ ...NOTHING, order: filter.order })}
          onOpen={open}
        />
      </main>
    </div>
  );
}

/** The way to the critical values, with how many of them wait. */
function CriticalLink() {
  const { t } = useTexts();
  const waiting = useCriticalNotices().data?.waiting ?? 0;
  return (
    <Link to="/critical-values" className={classes.critical} data-testid="critical-link">
      <Mark tone={waiting > 0 ? 'danger' : 'neutral'} outline="solid">
        {waiting > 0 ? t('reporting.critical.waiting', { count: waiting }) : t('common.pages./critical-values')}
      </Mark>
    </Link>
  );
}

/** The pages that are held as one list. */
const joined = (pages: WorklistPageData[]) => ({
  items: pages.flatMap((page) => page.items),
  total: pages[0]?.total ?? null,
  unreadable: pages.reduce((sum, page) => sum + page.unreadable, 0),
});

interface WorklistBodyProps {
  list: ReturnType<typeof useWorklist>;
  items: WorklistItem[];
  total: number | null;
  withHospital: boolean;
  isFiltered: boolean;
  order: WorklistOrder;
  onOrder: (order: WorklistOrder) => void;
  onClear: () => void;
  onOpen: (item: WorklistItem) => void;
}

function WorklistBody({ list, items, total, withHospital, isFiltered, order, onOrder, onClear, onOpen }: WorklistBodyProps) {
  const { t } = useTexts();
  const { hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = list;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const again = (): void => void refetch();
  if (list.isPending) {
    return <WorklistSkeleton />;
  }
  if (list.isError && items.length === 0) {
    return <FailurePanel title={t('worklist.failedTitle')} failure={list.error} onRetry={again} />;
  }
  if (items.length === 0) {
    return (
      <QuietPanel
        icon={<IconInbox size={28} stroke={1.6} />}
        title={isFiltered ? t('worklist.emptyFilteredTitle') : t('worklist.emptyTitle')}
        text={isFiltered ? t('worklist.emptyFilteredHelp') : t('worklist.emptyHelp')}
        testId="empty"
        action={
          <Button size="sm" variant="default" onClick={isFiltered ? onClear : again}>
            {isFiltered ? t('worklist.clearFilters') : t('worklist.refresh')}
          </Button>
        }
      />
    );
  }
  return (
    <WorklistTable
      items={items}
      total={total}
      withHospital={withHospital}
      order={order}
      onOrder={onOrder}
      hasMore={hasNextPage && !isFetchingNextPage}
      onMore={more}
      onOpen={onOpen}
    />
  );
}

function ListBanners({ items, unreadable }: { items: WorklistItem[]; unreadable: number }) {
  const { t } = useTexts();
  return (
    <>
      {items.some((item) => item.synthetic) && (
        <Banner kind="phantom" testId="phantom-banner">
          {t('common.syntheticList')}
        </Banner>
      )}
      {unreadable > 0 && (
        <Banner kind="danger" testId="unreadable">
          {t('worklist.unreadable', { count: unreadable })}
        </Banner>
      )}
    </>
  );
}
