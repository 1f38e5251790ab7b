import { Button, Slider } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useKeys } from '@/app/useKeys';
import { useCorrections } from '@/api/reading';
import { useLabelmap } from '@/api/study';
import type { Result } from '@/contract/results';
import type { Point3 } from '@/geometry/affine';
import { trimmed } from '@/geometry/brush';
import { longMm, shortMm, shortOf } from '@/geometry/calipers';
import { formatMeasured } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import type { FindingEntry } from '@/rooms/viewer/findings';
import { setViewer, useViewer } from '@/rooms/viewer/viewerState';
import type { ViewerEngine } from '@/viewer/engine';
import { packed } from './pens';
import { useCorrecting, type Asked } from './useCorrecting';
import { usePen, type Drawn } from './usePen';
import classes from './Editor.module.css';

interface EditorProps {
  studyId: string;
  result: Result;
  entries: FindingEntry[];
  engine: ViewerEngine | null;
}

const HINTS = { calipers: 'viewer.correct.caliperHint', brush: 'viewer.correct.brushHint', add: 'viewer.correct.addHint', add_outline: 'viewer.correct.outlineHint', split: 'viewer.correct.splitHint' } as const;

/** Corrections of a result whose app can be corrected: the keys for them, and a bar over the images while one is drawn. */
export function Editor({ studyId, result, entries, engine }: EditorProps) {
  const corrections = useCorrections(result.result_id).data ?? null;
  const labels = useLabelmap(result.segmentation?.segmentation_id ?? null).data;
  const editing = useViewer((state) => state.editing);
  const grid = result.segmentation === null || labels === undefined ? null : { segmentation: result.segmentation, labels };
  const finding = entries.find((entry) => entry.finding.finding_id === editing?.findingId)?.finding ?? null;
  const drawn = usePen({ engine, editing, finding, grid, corrections });
  const { send, isSending } = useCorrecting(studyId, result.result_id, corrections);
  const isAble = corrections !== null && corrections.refused === null;
  const save = (): void => void request(finding?.finding_id ?? null, drawn).then((asked) => asked !== null && send(asked));

  useEditorKeys({ isAble, entries, save, undo: () => (corrections?.undo === null ? undefined : send({ kind: 'undo' })) });
  const [added] = drawn.points;
  useEffect(() => {
    if (editing?.kind === 'add' && added !== undefined) {
      send({ kind: 'add', point_lps_mm: [...added] });
    }
    // One click is one request.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [added, editing?.kind]);

  return editing === null ? null : (
    <EditBar
      drawn={drawn}
      isSending={isSending}
      others={entries.filter((entry) => entry.result === result && entry.finding.segment_value !== null && entry.finding.finding_id !== editing.findingId)}
      onSave={save}
      onMerge={(id) => editing.findingId !== null && send({ kind: 'merge', finding_ids: [editing.findingId, id] })}
    />
  );
}

const mutable = ([x, y, z]: Point3): [number, number, number] => [x, y, z];
const pair = ([one, other]: readonly [Point3, Point3]): [[number, number, number], [number, number, number]] => [mutable(one), mutable(other)];

/** What was drawn as a request; `null`: nothing that could be kept. */
async function request(findingId: string | null, { calipers, sheet, points }: Drawn): Promise<Asked | null> {
  if (findingId === null) {
    const added = sheet === null ? null : trimmed(sheet);
    return added === null ? null : { kind: 'add_outline', first_kji: added.firstKji, shape_kji: added.shapeKji, mask: await packed(new Uint8Array(added.mask)) };
  }
  if (calipers !== null) {
    return { kind: 'calipers', finding_id: findingId, long_lps_mm: pair(calipers.long), short_lps_mm: pair(shortOf(calipers)) };
  }
  const outline = sheet === null ? null : trimmed(sheet);
  if (outline !== null) {
    return { kind: 'outline', finding_id: findingId, first_kji: outline.firstKji, shape_kji: outline.shapeKji, mask: await packed(new Uint8Array(outline.mask)) };
  }
  const [one, other] = points;
  return one === undefined || other === undefined ? null : { kind: 'split', finding_id: findingId, points_lps_mm: [mutable(one), mutable(other)] };
}

function useEditorKeys({ isAble, entries, save, undo }: { isAble: boolean; entries: FindingEntry[]; save: () => void; undo: () => void }): void {
  const begin = (kind: 'calipers' | 'brush') => (): void => {
    const { selectedFindingId: id } = useViewer.getState();
    const entry = entries.find(({ finding }) => finding.finding_id === id && finding.centre_lps_mm !== null && finding.segment_value !== null);
    if (isAble && entry !== undefined) {
      setViewer({ editing: { kind, findingId: id } });
    }
  };
  const isEditing = (): boolean => useViewer.getState().editing !== null;
  useKeys('viewer', {
    edit: begin('calipers'),
    brush: begin('brush'),
    addOutline: () => (isAble ? setViewer({ editing: { kind: 'add_outline', findingId: null } }) : undefined),
    addFinding: () => (isAble ? setViewer({ editing: { kind: 'add', findingId: null } }) : undefined),
    saveEdit: () => (isEditing() ? save() : undefined),
    cancelEdit: () => setViewer({ editing: null }),
    undo: () => (useViewer.getState().lastAct === 'correction' ? undo() : undefined),
  });
}

interface EditBarProps {
  drawn: Drawn;
  isSending: boolean;
  others: FindingEntry[];
  onSave: () => void;
  onMerge: (findingId: string) => void;
}

function EditBar({ drawn, isSending, others, onSave, onMerge }: EditBarProps) {
  const { t, language } = useTexts();
  const editing = useViewer((state) => state.editing);
  const kind = editing?.kind ?? 'calipers';
  const number = (value: number): string => formatMeasured(value, language);
  const { calipers } = drawn;
  const keep = useRef<HTMLButtonElement>(null);
  // Enter keeps what was drawn, also when a button had the focus that began it.
  useEffect(() => keep.current?.focus({ preventScroll: true }), [kind]);
  return (
    <div className={classes.bar} role="toolbar" aria-label={t('viewer.correct.title')} data-testid="edit-bar" data-kind={kind}>
      {kind !== 'add' &&
        kind !== 'add_outline' &&
        (['calipers', 'brush', 'split'] as const).map((name) => (
          <Button
            key={name}
            size="compact-xs"
            variant={kind === name ? 'light' : 'subtle'}
            color={kind === name ? 'teal' : 'gray'}
            aria-pressed={kind === name}
            onClick={() => setViewer({ editing: { kind: name, findingId: editing?.findingId ?? null } })}
            data-testid={`edit-${name}`}
          >
            {t(`viewer.correct.${name}`)}
          </Button>
        ))}
      {kind === 'calipers' &&
        others.slice(0, 4).map(({ finding, badge }) => (
          <Button key={finding.finding_id} size="compact-xs" variant="subtle" color="gray" disabled={isSending} onClick={() => onMerge(finding.finding_id)} data-testid="merge">
            {t('viewer.correct.mergeWith', { badge })}
          </Button>
        ))}
      {(kind === 'brush' || kind === 'add_outline') && <Brush />}
      <span className={`${classes.hint} numbers`} data-testid="edit-hint">
        {isSending ? t('viewer.correct.saving') : calipers === null ? t(HINTS[kind]) : t('viewer.correct.size', { long: number(longMm(calipers)), short: number(shortMm(calipers)) })}
      </span>
      {kind !== 'add' && (
        <Button ref={keep} size="compact-xs" disabled={isSending} onClick={onSave} data-testid="edit-save">
          {t('viewer.correct.save')} ↵
        </Button>
      )}
      <Button size="compact-xs" variant="default" onClick={() => setViewer({ editing: null })} data-testid="edit-cancel">
        {t('viewer.correct.cancel')}
      </Button>
    </div>
  );
}

function Brush() {
  const { t } = useTexts();
  const brushMm = useViewer((state) => state.brushMm);
  return (
    <Slider
      className={classes.brush}
      size="xs"
      min={1}
      max={15}
      step={0.5}
      value={brushMm}
      thumbLabel={t('viewer.correct.radius')}
      label={(mm) => t('viewer.correct.radiusMm', { mm })}
      onChange={(mm) => setViewer({ brushMm: mm })}
      data-testid="brush-radius"
    />
  );
}
