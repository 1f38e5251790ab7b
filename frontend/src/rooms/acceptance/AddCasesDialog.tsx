import { Button, Group, Modal, Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useAddCases } from '@/api/acceptance';
import type { AcceptanceDetail, CaseOrder } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { PasteField } from '@/ui/PasteField';
import { saveText } from '@/ui/saveText';
import { SeriesSearchPart } from './SeriesSearchPart';
import classes from './Acceptance.module.css';

const MOST_BYTES = 5 * 1024 * 1024;

/** First lines of the two kinds of tables, as they are read. */
const EXAMPLES = {
  marks: 'series_instance_uid,x_mm,y_mm,z_mm,diameter_mm\r\n1.2.840.1,-12.5,40.0,-310.0,8.2\r\n1.2.840.2,,,,\r\n',
  present: 'series_instance_uid,present\r\n1.2.840.1,yes\r\n1.2.840.2,no\r\n',
} as const;

interface AddCasesDialogProps {
  opened: boolean;
  set: AcceptanceDetail;
  onClose: () => void;
}

/** Adds cases with their references: chosen from the archive, or as a table. */
export function AddCasesDialog({ opened, set, onClose }: AddCasesDialogProps) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="min(960px, 94vw)" title={t('acceptance.addTitle')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="add-cases-dialog">
      {opened && <AddCases set={set} onClose={onClose} />}
    </Modal>
  );
}

function AddCases({ set, onClose }: Omit<AddCasesDialogProps, 'opened'>) {
  const texts = useTexts();
  const { t } = texts;
  const order = useAddCases(set.id);
  const [way, setWay] = useState<string | null>('archive');
  const [chosen, setChosen] = useState<ReadonlyMap<string, CaseOrder>>(new Map());
  const [table, setTable] = useState('');
  const isTable = way === 'table';
  const isReady = isTable ? table.trim() !== '' : chosen.size > 0;
  const go = (): void =>
    order.mutate(isTable ? table : [...chosen.values()], {
      onSuccess: ({ added, changed }) => {
        notifications.show({ message: t('acceptance.addDone', { added, changed }), color: 'teal' });
        onClose();
      },
    });
  return (
    <div className={classes.question}>
      <Tabs
        value={way}
        onChange={(next) => {
          setWay(next);
          order.reset();
        }}
        keepMounted
      >
        <Tabs.List>
          {(['archive', 'table'] as const).map((one) => (
            <Tabs.Tab key={one} value={one} data-testid={`way-${one}`}>
              {t(`acceptance.ways.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="archive" className={classes.tab}>
          <SeriesSearchPart set={set} chosen={chosen} onChoose={setChosen} />
        </Tabs.Panel>
        <Tabs.Panel value="table" className={classes.tab}>
          <TablePart
            value={table}
            onChange={(text) => {
              setTable(text);
              order.reset();
            }}
            hasLabel={set.label !== null}
          />
        </Tabs.Panel>
      </Tabs>
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="cases-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" onClick={go} loading={order.isPending} disabled={!isReady} data-testid="cases-confirm">
          {isTable ? t('acceptance.addTable') : t('acceptance.addChosen', { count: chosen.size })}
        </Button>
      </Group>
    </div>
  );
}

/** Reader's marks, or present and absent, as a table that is pasted or read from a file. */
function TablePart({ value, onChange, hasLabel }: { value: string; onChange: (text: string) => void; hasLabel: boolean }) {
  const { t } = useTexts();
  return (
    <>
      {!hasLabel && <p className={classes.careful}>{t('acceptance.table.noLabel')}</p>}
      <PasteField label={t('acceptance.table.label')} description={t('acceptance.table.help')} value={value} onChange={onChange} accept=".csv,.txt,text/csv" mostBytes={MOST_BYTES} rows={8} />
      <dl className={classes.columns}>
        {(['marks', 'present'] as const).map((kind) => (
          <div key={kind}>
            <dt>
              {t(`acceptance.table.${kind}`)}
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => saveText(`${kind}.csv`, EXAMPLES[kind], 'text/csv')} data-testid={`example-${kind}`}>
                {t('acceptance.table.example')}
              </Button>
            </dt>
            <dd>
              <code>{EXAMPLES[kind].split('\r\n', 1)}</code>
              <span className={classes.under}>{t(`acceptance.table.${kind}Help`)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
