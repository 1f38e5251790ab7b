import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { CSSProperties } from 'react';
import type { WorklistOrder } from '@/api/worklist';
import { useTexts } from '@/i18n/language';
import classes from './Worklist.module.css';

const HEADS = ['priority', 'patient', 'person', 'exam', 'hospital', 'received', 'ai', 'review'] as const;

/** What a head does to the order, by the order in force. */
const NEXT: Partial<Record<(typeof HEADS)[number], (order: WorklistOrder) => WorklistOrder>> = {
  priority: () => 'urgent',
  received: (order) => (order === 'newest' ? 'oldest' : 'newest'),
};

interface WorklistHeadProps {
  withHospital: boolean;
  order: WorklistOrder;
  onOrder: (order: WorklistOrder) => void;
  style: CSSProperties;
}

/** Names of the columns; those that the list can be ordered by are pressed, and an arrow shows which one is. */
export function WorklistHead({ withHospital, order, onOrder, style }: WorklistHeadProps) {
  const { t } = useTexts();
  const orderedBy = order === 'urgent' ? 'priority' : 'received';
  const Arrow = order === 'oldest' ? IconArrowUp : IconArrowDown;
  return (
    <div role="row" aria-rowindex={1} className={classes.head} style={style} data-testid="head" data-order={order}>
      {HEADS.filter((head) => withHospital || head !== 'hospital').map((head) => {
        const next = NEXT[head];
        const isOn = head === orderedBy;
        const name = t(`worklist.columns.${head}`);
        return next === undefined ? (
          <div role="columnheader" key={head}>
            {name}
          </div>
        ) : (
          <div role="columnheader" key={head} aria-sort={isOn ? (order === 'oldest' ? 'ascending' : 'descending') : 'none'}>
            <button
              type="button"
              className={classes.sort}
              data-on={isOn || undefined}
              title={t(`worklist.order.${isOn ? order : next(order)}`)}
              onClick={() => onOrder(next(order))}
              data-testid={`order-by-${head}`}
            >
              {name}
              {isOn && <Arrow size={13} stroke={2} aria-hidden="true" />}
            </button>
          </div>
        );
      })}
    </div>
  );
}
