import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { WorklistOrder } from '@/api/worklist';
import type { WorklistItem } from '@/contract/worklist';
import { useTexts } from '@/i18n/language';
import { useKeys } from '@/app/useKeys';
import { columnsOf, ROW_HEIGHT_PX } from './columns';
import { WorklistHead } from './WorklistHead';
import { WorklistRow } from './WorklistRow';
import classes from './Worklist.module.css';

interface WorklistTableProps {
  items: WorklistItem[];
  total: number | null;
  withHospital: boolean;
  order: WorklistOrder;
  onOrder: (order: WorklistOrder) => void;
  hasMore: boolean;
  onMore: () => void;
  onOpen: (item: WorklistItem) => void;
}

/** All studies in one grid of which only the visible rows exist. */
export function WorklistTable({ items, total, withHospital, order, onOrder, hasMore, onMore, onOpen }: WorklistTableProps) {
  const { t } = useTexts();
  const scroller = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string | null>(null);
  const nowMs = useNow();
  const found = items.findIndex((item) => item.study_id === activeId);
  const active = found >= 0 ? found : 0;
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: 8,
  });
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [order]);
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (hasMore && last >= items.length - 20) {
      onMore();
    }
  }, [hasMore, last, items.length, onMore]);

  const move = (step: number): void => {
    const next = Math.min(items.length - 1, Math.max(0, active + step));
    setActiveId(items[next]?.study_id ?? null);
    rows.scrollToIndex(next);
  };
  useKeys('worklist', {
    rowDown: () => move(1),
    rowUp: () => move(-1),
    openRow: () => {
      const item = items[active];
      if (item !== undefined) {
        onOpen(item);
      }
    },
  });

  const columns = { gridTemplateColumns: columnsOf(withHospital) };
  return (
    <div
      className={classes.grid}
      role="grid"
      tabIndex={0}
      aria-label={t('worklist.title')}
      aria-rowcount={(total ?? items.length) + 1}
      aria-activedescendant={items[active] === undefined ? undefined : rowId(items[active])}
      data-testid="worklist"
    >
      <div role="rowgroup">
        <WorklistHead withHospital={withHospital} order={order} onOrder={onOrder} style={columns} />
      </div>
      <div ref={scroller} className={classes.scroller} role="presentation">
        <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {shown.map(({ index, start, size }) => {
            const item = items[index];
            return item === undefined ? null : (
              <WorklistRow
                key={item.study_id}
                id={rowId(item)}
                index={index}
                item={item}
                isActive={index === active}
                withHospital={withHospital}
                nowMs={nowMs}
                style={{ ...columns, height: size, transform: `translateY(${start}px)` }}
                onSelect={() => setActiveId(item.study_id)}
                onOpen={() => onOpen(item)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const rowId = (item: WorklistItem): string => `study-${item.study_id}`;

/** The present moment, looked at twice a minute: relative times grow old. */
function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
