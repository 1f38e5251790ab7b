import { notifications } from '@mantine/notifications';
import { useCorrect } from '@/api/reading';
import type { CorrectionRequest, Corrections } from '@/contract/corrections';
import { useTexts } from '@/i18n/language';
import { setViewer } from '@/rooms/viewer/viewerState';
import { failureWords } from '@/ui/FailurePanel';

type Distribute<T> = T extends unknown ? Omit<T, 'version' | 'accept'> : never;
/** A correction without what the page adds by itself. */
export type Asked = Distribute<CorrectionRequest>;

const WORDS = { undo: 'viewer.correct.undone', add: 'viewer.correct.added', add_outline: 'viewer.correct.added' } as const;
const isAdding = (kind: Asked['kind']): boolean => kind === 'add' || kind === 'add_outline';

/** Send corrections of one result, each on the version that was on the screen. */
export function useCorrecting(studyId: string, resultId: string, corrections: Corrections | null) {
  const texts = useTexts();
  const { t } = texts;
  const { mutate, isPending } = useCorrect(studyId, resultId);
  const send = (asked: Asked): void => {
    if (corrections === null || isPending) {
      return;
    }
    mutate({ ...asked, version: corrections.version, accept: false } as CorrectionRequest, {
      onSuccess: ({ edits, undo }) => {
        const last = edits.at(-1);
        setViewer({ editing: null, lastAct: undo === null ? 'review' : 'correction', ...(isAdding(asked.kind) && last !== undefined ? { selectedFindingId: last.finding_ids[0] ?? null } : {}) });
        notifications.show({ color: 'teal', message: t(asked.kind in WORDS ? WORDS[asked.kind as keyof typeof WORDS] : 'viewer.correct.saved'), closeButtonProps: { 'aria-label': t('common.close') } });
      },
      onError: (failure) =>
        notifications.show({ color: 'red', title: t('viewer.correct.failed'), message: failureWords(failure, texts).what, closeButtonProps: { 'aria-label': t('common.close') } }),
    });
  };
  return { send, isSending: isPending };
}
